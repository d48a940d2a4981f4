"""CsvRowDeserializationSchema and CsvRowSerializationSchema."""

from pyflink.common import Row, Types
from pyflink.datastream.formats.csv import CsvRowDeserializationSchema, CsvRowSerializationSchema

try:
    from penstock.common.java_format import formatter
except ImportError:
    formatter = None
Reader, Writer = CsvRowDeserializationSchema.Builder, CsvRowSerializationSchema.Builder


def read(name, builder, *messages):
    schema = builder.build()
    for message in messages:
        try:
            if formatter is None:
                schema._j_deserialization_schema.open(None)
                found = str(schema._j_deserialization_schema.deserialize(message.encode()))
            else:
                row = schema.deserialize(message.encode())
                found = "None" if row is None else formatter(schema.get_produced_type())(row)
        except Exception:
            found = "fails"
        print(name, repr(message), "->", found)


def java(value):
    if not isinstance(value, Row):
        return value
    from pyflink.java_gateway import get_gateway

    row = get_gateway().jvm.org.apache.flink.types.Row(len(value))
    for position, field in enumerate(value):
        row.setField(position, java(field))
    return row


def write(name, builder, *rows):
    schema = builder.build()
    for row in rows:
        if formatter is None:
            schema._j_serialization_schema.open(None)
            found = bytes(schema._j_serialization_schema.serialize(java(row)))
        else:
            found = schema.serialize(row)
        print(name, list(row), "->", repr(found.decode()))


row_type = Types.ROW_NAMED(["a", "b", "c"], [Types.INT(), Types.STRING(), Types.BOOLEAN()])
lines = ["1,x,true", '1,"x,y",false', "1", "1,x,true,extra", "a,x,true", "", "1,,", ",,", "#c", "1,x,yes", "\n"]
lines += [" 1 , x , true ", '1,"a""b",true', "1;x;true", "NULL,NULL,NULL", "1,x,true\n2,y,false", '1,"x']
read("plain", Reader(row_type), *lines)
read("ignoring", Reader(row_type).set_ignore_parse_errors(True), *lines)
read("comments", Reader(row_type).set_allow_comments(True), "#c", "1,#x,true", "#c\n1,x,true")
read("null", Reader(row_type).set_null_literal("NULL"), "1,x,1", "NULL,NULL,NULL")
other = Reader(row_type).set_field_delimiter(";").set_quote_character("'").set_escape_character("\\")
read("other", other, "1;'a;b';true", "1;a\\;b;true", "1;'it''s';true", "1;'it\\'s';true")
nested = Types.ROW_NAMED(
    ["a", "r", "t"], [Types.OBJECT_ARRAY(Types.STRING()), Types.ROW([Types.INT(), Types.STRING()]), Types.STRING()]
)
read("nested", Reader(nested), "x;y,1;z,t", "x,1,t", ",,t", ";,1;2;3,t")
read("delimiter", Reader(nested).set_array_element_delimiter("|"), "x|y,1|z,t")
for name, texts in {
    "LONG": ["1", "1.5", "x", "+7", "99999999999999999999"],
    "DOUBLE": ["1", "x", "NaN", "1d", "1e400", "-.5"],
    "FLOAT": ["0.1", "16777217"],
    "BIG_DEC": ["1.50", "1e3", "x"],
    "BIG_INT": ["12345678901234567890", "1.0"],
    "SHORT": ["70000", "-5"],
    "BYTE": ["300", "-128"],
    "SQL_DATE": ["2020-01-02", "x"],
    "SQL_TIME": ["12:13:14"],
    "SQL_TIMESTAMP": ["2020-01-02 03:04:05", "2020-01-02 03:04:05.12", "2020-01-02T03:04:05"],
}.items():
    read(name, Reader(Types.ROW_NAMED(["v"], [getattr(Types, name)()])), *texts)
read("bytes", Reader(Types.ROW_NAMED(["v"], [Types.PRIMITIVE_ARRAY(Types.BYTE())])), "YWJj")
read("ints", Reader(Types.ROW_NAMED(["v"], [Types.BASIC_ARRAY(Types.INT())])), "1;2", "1;x")

rows = [Row(1, "x", True), Row(None, None, None), Row(1, 'q"ä,/<', False), Row(1, "a b", True), Row(1, "", True)]
write("plain", Writer(row_type), *rows, Row(1, "a\nb", True), Row(1, "-1", True), Row(1, "x" * 25, True))
write("null", Writer(row_type).set_null_literal("NULL"), Row(None, None, None))
write("end", Writer(row_type).set_line_delimiter("\r\n"), Row(1, "x", True))
write("no end", Writer(row_type).set_line_delimiter(""), Row(1, "x", True))
other = Writer(row_type).set_field_delimiter(";").set_quote_character("'").set_escape_character("\\")
write("other", other, Row(1, "a;b'c\\d", True))
write("unquoted", Writer(row_type).disable_quote_character(), Row(1, "a,b", True))
for value in (1.0, 1e10, 1e-5, float("nan")):
    write("double", Writer(Types.ROW_NAMED(["v"], [Types.DOUBLE()])), Row(value))
write("row", Writer(Types.ROW_NAMED(["v"], [Types.ROW([Types.INT(), Types.STRING()])])), Row(Row(3, "x y")))
