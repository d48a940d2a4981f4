"""CsvBulkWriters: which texts are quoted, headers, null values, arrays, Java's text of numbers."""

import sys
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import BucketAssigner, FileSink
from pyflink.datastream.formats.csv import CsvBulkWriters, CsvSchema
from pyflink.table import DataTypes

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def columns():
    builder = CsvSchema.builder().add_number_column("id", DataTypes.BIGINT()).add_string_column("s")
    return builder.add_boolean_column("b").add_number_column("d", DataTypes.DOUBLE())


def write(name, builder, rows, type_info):
    sink = FileSink.for_bulk_format(f"{sys.argv[2]}/{name}", CsvBulkWriters.for_schema(builder.build()))
    sink = sink.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build()
    env.from_collection(rows, type_info).sink_to(sink)
    env.execute(name)


names = ["id", "s", "b", "d"]
row_type = Types.ROW_NAMED(names, [Types.LONG(), Types.STRING(), Types.BOOLEAN(), Types.DOUBLE()])
texts = [chr(n) for n in range(32, 127)] + ["", "x" * 24, "x" * 25, 'q,"x', " pad ", "a\tb", "ä", "-5"]
plain = [Row(n, text, n % 2 == 0, n / 8) for n, text in enumerate(texts)]
numbers = [Row(n, "x", None, d) for n, d in enumerate([1e10, 1e-5, 100.0, float("nan"), float("inf"), None])]
write("plain", columns(), plain, row_type)
write("numbers", columns(), [*numbers, Row(None, None, None, None)], row_type)
write("header", columns().set_use_header(), plain[:2], row_type)
write("null", columns().set_null_value("N,L"), [Row(1, None, None, None)], row_type)
write("semicolon", columns().set_column_separator(";").set_quote_char("'"), plain, row_type)
write("escape", columns().set_escape_char("^"), [*plain, Row(1, 'a^b"c', True, 1.0)], row_type)
write("bar", columns().set_column_separator("|").set_escape_char("\\"), [Row(1, "a\\b|", True, 1.0)], row_type)
write("unquoted", columns().disable_quote_char(), [Row(1, 'a"b,c', True, 1.0)], row_type)
array_types = [Types.OBJECT_ARRAY(Types.STRING()), Types.OBJECT_ARRAY(Types.DOUBLE())]
arrays = CsvSchema.builder().add_array_column("a").add_array_column("n", ",", DataTypes.DOUBLE())
rows = [Row(["x", "y;z"], [1.0, 2.5]), Row([], []), Row(None, None), Row(["a,b", None], [3.0])]
write("arrays", arrays, rows, Types.ROW_NAMED(["a", "n"], array_types))
decimals = [Row(Decimal(text)) for text in ("1.50", "12", "0", "1200", "-0.001")]
decimal = CsvSchema.builder().add_number_column("n", DataTypes.DECIMAL(38, 18))
write("decimal", decimal, decimals, Types.ROW_NAMED(["n"], [Types.BIG_DEC()]))
