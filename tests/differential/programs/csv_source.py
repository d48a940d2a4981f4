"""CsvReaderFormat: quoting, escapes, comments, headers, null values, arrays, numbers."""

import sys
from pathlib import Path

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource
from pyflink.datastream.formats.csv import CsvReaderFormat, CsvSchema
from pyflink.table import DataTypes

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
folder = Path(sys.argv[2]).parent / f"csv-{sys.argv[1]}"
folder.mkdir(exist_ok=True)


def columns():
    builder = CsvSchema.builder().add_number_column("id", DataTypes.BIGINT()).add_string_column("s")
    return builder.add_boolean_column("b").add_number_column("d", DataTypes.DOUBLE())


def read(name, builder, text):
    schema = builder.build()
    print(name, schema, schema.size())
    path = folder / f"{name}.csv"
    path.write_text(text, newline="")
    source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), str(path)).build()
    rows = env.from_source(source, WatermarkStrategy.no_watermarks(), "csv").map(lambda row: row)
    with rows.execute_and_collect() as results:
        for row in results:
            print(name, repr(row))


read("quoted", columns(), '1,abc,true,1.5\n2,"q,""x",false,2\r\n3,"a\nb",TRUE,3e5\r4,"abc" , true ,.5')
read("unquoted", columns().disable_quote_char(), '1,"a",true,1\n2,a"b"c,1,1\n')
read("spaces", columns(), ' 1 , abc , true , 1.0 \n2, "abc",yes,Infinity\n')
read("header", columns().set_use_header().set_skip_first_data_row(), "id,s\nnot,data\n1,abc,true,1\n")
read("comments", columns().set_allow_comments(), "# c\n  # d\n1,#abc,true,1\n\n   \n2,b,true,1\n")
read("null", columns().set_null_value("NULL"), '1,NULL,NULL,NULL\n2,"NULL",true,1\n3,,true,1\n')
escaped = columns().set_column_separator("|").set_quote_char("'").set_escape_char("\\")
read("escaped", escaped, "1|'a|''b'|true|1\n2|'it\\'s'|true|2\n3|un\\|q\\n\\0|true|1\n4|a\\\nb|true|1\n")
arrays = CsvSchema.builder().add_array_column("a").add_array_column("n", ",", DataTypes.INT())
read("arrays", arrays.set_column_separator("|"), "x;y|1, 2\n|\n;z|3\n")
read("more", CsvSchema.builder().add_number_column("id").set_any_property_name("rest"), "1,a,b\n2\n")
for number in ("TINYINT", "SMALLINT", "INT", "FLOAT"):
    read(number, CsvSchema.builder().add_number_column("n", getattr(DataTypes, number)()), "7\n-100\n")
read("decimal", CsvSchema.builder().add_number_column("n", DataTypes.DECIMAL(5, 2)), "3.256\n1234.5\n-1e2\n0\n")
