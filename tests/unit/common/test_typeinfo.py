import pickle

import pytest

from penstock.common import TypeInformation, Types

REPRS = [
    (Types.STRING(), "String"),
    (Types.INT(), "Integer"),
    (Types.BIG_DEC(), "BigDecimal"),
    (Types.BIG_INT(), "BigInteger"),
    (Types.INSTANT(), "Instant"),
    (Types.TUPLE([Types.STRING(), Types.INT()]), "TupleTypeInfo(String, Integer)"),
    (Types.ROW([Types.STRING(), Types.INT()]), "RowTypeInfo(String, Integer)"),
    (Types.ROW_NAMED(["a"], [Types.INT()]), "RowTypeInfo(a: Integer)"),
    (Types.LIST(Types.INT()), "ListTypeInfo<Integer>"),
    (Types.MAP(Types.STRING(), Types.INT()), "MapTypeInfo<String, Integer>"),
    (Types.PRIMITIVE_ARRAY(Types.INT()), "PrimitiveArrayTypeInfo<Integer>"),
    (Types.BASIC_ARRAY(Types.STRING()), "BasicArrayTypeInfo<String>"),
    (Types.OBJECT_ARRAY(Types.DOUBLE()), "ObjectArrayTypeInfo<Double>"),
    (Types.SQL_DATE(), "DateTypeInfo"),
    (Types.SQL_TIME(), "TimeTypeInfo"),
    (Types.SQL_TIMESTAMP(), "TimestampTypeInfo"),
    (Types.PICKLED_BYTE_ARRAY(), "PickledByteArrayTypeInfo"),
]


@pytest.mark.parametrize(("type_info", "text"), REPRS, ids=[t for _, t in REPRS])
def test_repr_as_in_pyflink(type_info: TypeInformation, text: str) -> None:
    assert repr(type_info) == text
    assert pickle.loads(pickle.dumps(type_info)) == type_info


def test_equality() -> None:
    assert Types.INT() == Types.INT()
    assert Types.INT() != Types.LONG()
    assert Types.LIST(Types.INT()) != Types.OBJECT_ARRAY(Types.INT())
    assert Types.TUPLE([Types.INT()]) != Types.ROW([Types.INT()])
    assert Types.ROW_NAMED(["a"], [Types.INT()]) == Types.ROW([Types.INT()])
    assert len({Types.SQL_DATE(), Types.SQL_DATE(), Types.SQL_TIME()}) == 2


def test_rows_know_their_fields() -> None:
    row = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
    assert (row.get_field_index("b"), row.get_field_index("z")) == (1, -1)
    assert Types.ROW([Types.INT()]).get_field_names() == ["f0"]


def test_types_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="number of field names"):
        Types.ROW_NAMED(["a", "b"], [Types.INT()])
    with pytest.raises(ValueError, match="unique"):
        Types.ROW_NAMED(["a", "a"], [Types.INT(), Types.INT()])
    with pytest.raises(TypeError, match="PRIMITIVE_ARRAY cannot hold String"):
        Types.PRIMITIVE_ARRAY(Types.STRING())
    with pytest.raises(TypeError, match="BASIC_ARRAY cannot hold"):
        Types.BASIC_ARRAY(Types.LIST(Types.INT()))
