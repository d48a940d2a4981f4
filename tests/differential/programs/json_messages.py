"""JsonRowDeserializationSchema and JsonRowSerializationSchema."""

from pyflink.common import Row, Types
from pyflink.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema

try:
    from penstock.common.java_format import formatter
except ImportError:
    formatter = None


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


def write(type_info, *rows):
    schema = JsonRowSerializationSchema.builder().with_type_info(type_info).build()
    for row in rows:
        if formatter is None:
            schema._j_serialization_schema.open(None)
            found = bytes(schema._j_serialization_schema.serialize(java(row)))
        else:
            found = schema.serialize(row)
        print("write", repr(found.decode()))


reader = JsonRowDeserializationSchema.builder
row_type = Types.ROW_NAMED(["a", "b", "c"], [Types.INT(), Types.STRING(), Types.BOOLEAN()])
messages = ['{"a":1,"b":"x","c":true}', '{"a":1}', '{"a":1,"b":"x","c":true,"d":5}', '{"a":"1","b":5,"c":"true"}']
messages += ['{"a":1.7,"b":{"x":1},"c":1}', "nonsense", "[1,2]", '{"a":null}', "", '{"a":5000000000}', '{"a":true}']
messages += ['{"a":"x"}', '{"b":[1, 2.0]}', '{"b":1.0}', '{"b":1e3}', '{"a":1} trailing', "null", '{"a":1,"a":2}']
messages += [
    '{"c":"yes"}',
    '{"c":null}',
    "{'a':1}",
    '{"b":"\\u00e4\\n"}',
    '{"a":NaN}',
    ' {"a":1}',
    '{"a":" 1 "}',
    '{"b":null}',
]
read("plain", reader().type_info(row_type), *messages)
read("missing fails", reader().type_info(row_type).fail_on_missing_field(), *messages)
read("ignoring", reader().type_info(row_type).ignore_parse_errors(), *messages)
for type_info, nodes in (
    (Types.LONG(), ["1", "1.5", '"7"', "1e3", "99999999999999999999", "1e30"]),
    (Types.DOUBLE(), ["1", '"1.5"', '"x"', "1e400", "true"]),
    (Types.FLOAT(), ["0.1", "1"]),
    (Types.BIG_DEC(), ["1.50", '"2.5"', "1e3", "7"]),
    (Types.BIG_INT(), ["12345678901234567890", "1.5"]),
    (Types.SHORT(), ["5", "70000"]),
    (Types.BYTE(), ["5", "300"]),
    (Types.SQL_DATE(), ['"2020-01-02"', '"x"']),
    (Types.SQL_TIME(), ['"12:13:14"', '"12:13:14Z"', '"12:13:14.123Z"']),
    (Types.SQL_TIMESTAMP(), ['"2020-01-02T03:04:05Z"', '"2020-01-02T03:04:05.123Z"', '"2020-01-02 03:04:05"']),
    (Types.OBJECT_ARRAY(Types.STRING()), ['["a",null,1]', '"x"', "{}"]),
    (Types.BASIC_ARRAY(Types.INT()), ["[1,null]", '["x"]']),
    (Types.PRIMITIVE_ARRAY(Types.INT()), ["[1,2]"]),
    (Types.MAP(Types.STRING(), Types.INT()), ['{"x":1,"y":null}', "[]"]),
    (Types.ROW_NAMED(["x"], [Types.INT()]), ['{"x":1}', "5", "{}"]),
):
    read(
        repr(type_info), reader().type_info(Types.ROW_NAMED(["v"], [type_info])), *[f'{{"v":{node}}}' for node in nodes]
    )
properties = '"a":{"type":"integer"},"s":{"type":"string"},"b":{"type":"boolean"},"d":{"type":"string","format":"date"}'
properties += ',"n":{"type":["string","null"]},"l":{"type":"array","items":{"type":"string"}}'
properties += ',"o":{"type":"object","properties":{"x":{"type":"number"}}},"r":{"$ref":"#/definitions/r"}'
schema = f'{{"type":"object","definitions":{{"r":{{"type":"boolean"}}}},"properties":{{{properties}}}}}'
message = '{"a":1,"s":"x","b":true,"d":"2020-01-02","n":null,"l":["p"],"o":{"x":2.5},"r":false}'
read("schema", reader().json_schema(schema), message)

write(row_type, Row(1, "x", True), Row(None, None, None), Row(1, 'q"ä\n/<\u0001\\', False))
for value in (1.0, 1e10, 1e-5, float("nan"), float("inf")):
    write(Types.ROW_NAMED(["v"], [Types.DOUBLE()]), Row(value))
write(Types.ROW_NAMED(["v"], [Types.ROW_NAMED(["x"], [Types.INT()])]), Row(Row(3)), Row(None))
