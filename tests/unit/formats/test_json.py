"""JSON messages: what cannot be read; schemas. Values are compared with PyFlink elsewhere."""

import json
import pickle
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common import Row, Types
from penstock.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema

PERSON = Types.ROW_NAMED(["name", "age"], [Types.STRING(), Types.INT()])


def reader(type_info: Any = PERSON) -> JsonRowDeserializationSchema:
    return JsonRowDeserializationSchema.builder().type_info(type_info).build()


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b'{"age":"x"}', "Failed to deserialize JSON '{\"age\":\"x\"}': field 'age': 'x' is no whole number"),
        (b"[1]", "an object is needed"),
        (b"{", "Failed to deserialize JSON"),
        (b"\xff", "Failed to deserialize JSON"),
        (b'{"name":"' + b"x" * 1000, "xxx…'"),
        (b'{"a":' + b"[" * 100_000, "Failed to deserialize JSON"),
    ],
)
def test_a_message_that_cannot_be_read_is_shown(message: bytes, why: str) -> None:
    with pytest.raises(ValueError) as raised:
        reader().deserialize(message)
    assert why in str(raised.value)
    ignoring = JsonRowDeserializationSchema.builder().type_info(PERSON).ignore_parse_errors().build()
    found = ignoring.deserialize(message)
    assert found is None or list(found) == [None, None]


def test_a_missing_field_fails_where_it_is_to() -> None:
    schema = JsonRowDeserializationSchema.builder().type_info(PERSON).fail_on_missing_field().build()
    with pytest.raises(ValueError, match="Could not find field with name 'age'"):
        schema.deserialize(b'{"name":"x"}')


def test_rows_have_the_names_of_the_type() -> None:
    row = pickle.loads(pickle.dumps(reader())).deserialize(b'{"age":5,"name":"x"}')
    assert (row.name, row.age) == ("x", 5)
    assert reader().get_produced_type() == PERSON


ANYTHING = Types.ROW_NAMED(
    ["t", "d", "z", "dec", "bytes", "list", "map", "row"],
    [
        Types.SQL_TIMESTAMP(),
        Types.SQL_DATE(),
        Types.SQL_TIME(),
        Types.BIG_DEC(),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
        Types.LIST(Types.LONG()),
        Types.MAP(Types.STRING(), Types.STRING()),
        Types.ROW_NAMED(["x"], [Types.BOOLEAN()]),
    ],
)


def test_every_type_comes_back() -> None:
    values = [
        datetime(2020, 1, 2, 3, 4, 5, 120_000),
        date(2020, 1, 2),
        time(1, 2, 3),
        Decimal("2.5"),
        b"abc",
        [1, None],
    ]
    row = Row(*values, {"k": "v", "n": None}, Row(True))
    message = JsonRowSerializationSchema.builder().with_type_info(ANYTHING).build().serialize(row)
    found = reader(ANYTHING).deserialize(message)
    assert found is not None
    assert list(found)[:-1] == list(row)[:-1]
    assert found.row.x is True
    empty = JsonRowSerializationSchema.builder().with_type_info(ANYTHING).build().serialize(Row(*[None] * 8))
    assert json.loads(empty) == dict.fromkeys(ANYTHING.get_field_names())


@given(text=st.text())
def test_any_text_comes_back(text: str) -> None:
    writer = JsonRowSerializationSchema.builder().with_type_info(PERSON).build()
    try:
        message = writer.serialize(Row(text, 1))
    except UnicodeEncodeError:
        return  # a lone surrogate
    assert json.loads(message) == {"name": text, "age": 1}
    found = reader().deserialize(message)
    assert found is not None
    assert found.name == text


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ("{", "Invalid JSON schema"),
        ('{"type":"string"}', "the schema of an object is needed"),
        ('{"type":"object","properties":{"a":{}}}', "<root>/a has no 'type'"),
        ('{"type":"object","properties":{"a":{"type":["string","integer"]}}}', "must be one"),
        ('{"type":"object","properties":{"a":{"type":"array"}}}', "the array <root>/a has no 'items'"),
        ('{"type":"object","properties":{"a":{"$ref":"#/x"}}}', "which is not there"),
        ('{"type":"object","properties":{"a":{"$ref":"other.json"}}}', "only '#/…' is followed"),
        ('{"type":"object","properties":{"a":{"anyOf":[]}}}', "Unsupported JSON schema 'anyOf'"),
        ('{"type":"object","properties":{"a":{"oneOf":[{"type":"string"},{"type":"integer"}]}}}', "differ"),
        ('{"type":"object","properties":{"a":{"type":"wide"}}}', "type 'wide' of <root>/a"),
    ],
)
def test_bad_schemas(schema: str, why: str) -> None:
    with pytest.raises(ValueError) as raised:
        JsonRowDeserializationSchema.builder().json_schema(schema)
    assert why in str(raised.value)


def test_bad_settings() -> None:
    builder = JsonRowDeserializationSchema.builder()
    with pytest.raises(TypeError, match="Typeinfo should be set"):
        builder.build()
    with pytest.raises(TypeError, match="Row type information expected"):
        builder.type_info(Types.STRING())
    with pytest.raises(ValueError, match="both true"):
        builder.type_info(PERSON).ignore_parse_errors().fail_on_missing_field().build()
    with pytest.raises(TypeError, match="Typeinfo should be set"):
        JsonRowSerializationSchema.builder().build()
    with pytest.raises(TypeError, match="name, age"):
        JsonRowSerializationSchema.builder().with_type_info(PERSON).build().serialize(Row("x"))
