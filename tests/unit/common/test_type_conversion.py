"""What declared types make of values; which of it is Flink's is recorded in tests/differential."""

import copy
from datetime import datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from penstock.common import Instant, Row, RowKind, Types
from penstock.common.type_conversion import TypeMismatchError, as_float32, converter
from penstock.common.typeinfo import LocalTimeTypeInfo, TupleTypeInfo, TypeInformation
from penstock.operators.chain_code import ChainCode
from penstock.operators.generated import compile_function, forget
from penstock.operators.output_type import OutputType, collected, output_type

PAIR = Types.TUPLE([Types.STRING(), Types.LONG()])


def _looked_at(output: OutputType, values: list[Any]) -> list[Any]:
    """What the generated lines make of records, as in the loop of a chain."""
    code, results = ChainCode(), list[Any]()
    out = code.bind("out", results)
    with code.indented("for v1 in values:", is_loop=True):
        code.line(f"{out}.append({output.write(code, 'type', 'v1')})")
    source, operators = code.assemble("process", ["values"])
    compile_function("process", source, code.names, "test", operators)(values)
    forget("test")
    return results


def _are_the_same(found: list[Any], values: list[Any]) -> bool:
    return len(found) == len(values) and all(a is b for a, b in zip(found, values, strict=True))


@pytest.mark.parametrize(
    ("kind", "value", "wrapped"),
    [
        (Types.BYTE(), 200, -56),
        (Types.SHORT(), 40000, -25536),
        (Types.INT(), 2**40, 0),
        (Types.INT(), -(2**31) - 1, 2**31 - 1),
    ],
)
def test_elements_wrap_and_results_do_not_fit(kind: TypeInformation, value: int, wrapped: int) -> None:
    assert converter(kind, "element")(value) == wrapped
    with pytest.raises(TypeMismatchError, match="does not fit"):
        converter(kind)(value)


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (Types.INT(), 1.7, 1),
        (Types.INT(), True, 1),
        (Types.FLOAT(), 0.1, as_float32(0.1)),
        (Types.FLOAT(), 1e300, float("inf")),
        (Types.DOUBLE(), 1, 1.0),
        (Types.BOOLEAN(), 2, True),
        (Types.BIG_INT(), 2**70, 2**70),
        (Types.BIG_DEC(), "2.50", Decimal("2.50")),
        (Types.SQL_TIME(), time(1, 2, 3, 456789), time(1, 2, 3, 456000)),
        (Types.SQL_TIMESTAMP(), datetime(2020, 1, 1, 0, 0, 0, 1999), datetime(2020, 1, 1, 0, 0, 0, 1000)),
        (Types.INSTANT(), Instant(1, 5), Instant(1, 5)),
        (Types.LIST(Types.INT()), (1, 2.5), [1, 2]),
        (Types.OBJECT_ARRAY(Types.INT()), [1, None], [1, None]),
        (Types.MAP(Types.STRING(), Types.INT()), {"a": None}, {"a": None}),
        (Types.TUPLE([Types.INT()]), (1, "surplus"), (1,)),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), bytearray(b"ab"), b"ab"),
        (LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_TIME), time(1, 2, 3, 456789), time(1, 2, 3, 456789)),
    ],
)
def test_results(kind: TypeInformation, value: Any, result: Any) -> None:
    found = converter(kind)(value)
    assert (found, type(found)) == (result, type(result))
    assert _looked_at(OutputType("Map", kind), [value]) == [result]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Types.STRING(), 1, "expected a str, got int 1"),
        (Types.CHAR(), "ab", "a str of one character"),
        (Types.INT(), None, "an int for INT, got NoneType"),
        (Types.SQL_DATE(), "2020-01-02", "a datetime.date"),
        (Types.INSTANT(), 5, "an Instant"),
        (Types.LIST(Types.INT()), 5, "a list"),
        (Types.MAP(Types.INT(), Types.INT()), [1], "a dict"),
        (PAIR, ("a",), "a tuple of 2"),
        (PAIR, ("a", "b"), "field 1: expected an int for LONG, got str 'b'"),
        (Types.ROW([Types.INT()]), (1,), "a Row"),
        (Types.ROW_NAMED(["a"], [Types.INT()]), Row(b=1), "a Row with the fields a"),
        (
            Types.ROW_NAMED(["a"], [Types.ROW_NAMED(["b"], [Types.INT()])]),
            Row(Row("x")),
            "field a: field b: expected an int",
        ),
    ],
)
def test_a_mismatch_names_operator_type_expected_and_got(kind: TypeInformation, value: Any, expected: str) -> None:
    with pytest.raises(TypeMismatchError) as error:
        _looked_at(OutputType("My Map", kind), [value])
    assert "operator 'My Map' returned" in str(error.value)
    assert repr(kind) in str(error.value)
    assert expected in str(error.value)


def test_rows_get_names_and_keep_their_kind() -> None:
    kind = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.FLOAT()])
    row = converter(kind)(Row.of_kind(RowKind.DELETE, 1, None))
    assert row == Row.of_kind(RowKind.DELETE, a=1, b=None)
    assert converter(kind)(Row(b=0.5, a=2)) == Row(a=2, b=0.5)
    assert converter(kind, "element")((2, 0.5)) == Row(a=2, b=0.5)


def test_what_needs_no_conversion_is_passed_on() -> None:
    output = OutputType("Map", PAIR)
    values = [("a", n) for n in range(100)]
    assert _are_the_same(_looked_at(output, values), values)


@pytest.mark.parametrize("at", [0, 1, 3, 99, 20_001])
def test_every_record_is_looked_at(at: int) -> None:
    output = OutputType("Map", Types.TUPLE([Types.STRING(), Types.LONG()]))
    values: list[Any] = [("a", n << 40) for n in range(20_002)]
    assert _are_the_same(_looked_at(output, values), values)
    for wrong in ("b", 1 << 63, -(1 << 63) - 1):
        with pytest.raises(TypeMismatchError, match="field 1"):
            _looked_at(output, [*values[:at], ("a", wrong), *values[at + 1 :]])


@pytest.mark.parametrize(
    ("type_info", "least", "most"),
    [
        (Types.BYTE(), -(1 << 7), (1 << 7) - 1),
        (Types.INT(), -(1 << 31), (1 << 31) - 1),
        (Types.LONG(), -(1 << 63), (1 << 63) - 1),
    ],
)
def test_the_ends_of_the_ranges_fit_and_nothing_beyond(type_info: Any, least: int, most: int) -> None:
    output = OutputType("Map", type_info)
    values = [least, -(1 << 7), 0, (1 << 7) - 1, most]
    assert _are_the_same(_looked_at(output, values), values)
    for beyond in (least - 1, most + 1):
        with pytest.raises(TypeMismatchError, match="does not fit"):
            _looked_at(output, [beyond])


def test_what_needs_conversion_is_converted() -> None:
    output = OutputType("Map", Types.DOUBLE())
    assert _looked_at(output, [1.5] * 100) == [1.5] * 100
    assert [type(v) for v in _looked_at(output, [1, 2, 3])] == [float] * 3


class _Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "result"), [((1, 2), (1, 2)), (_Point(1, 2), (1, 2)), ((1, 2, 3), (1, 2)), ((True, 2.5), (1, 2))]
)
def test_misfits_that_are_no_errors_become_plain_tuples(value: Any, result: Any) -> None:
    output = OutputType("Map", Types.TUPLE([Types.INT(), Types.INT()]))
    found = _looked_at(output, [(0, 0), value])
    assert found == [(0, 0), result]
    assert [(type(v), [type(f) for f in v]) for v in found] == [(tuple, [int, int])] * 2


@pytest.mark.parametrize("value", [None, 5, (1,), iter([1, 2]), [1, 2]])
def test_what_is_no_such_tuple_is_refused(value: Any) -> None:
    output = OutputType("Map", Types.TUPLE([Types.INT(), Types.INT()]))
    with pytest.raises(TypeMismatchError, match="a tuple of 2"):
        _looked_at(output, [(0, 0), value])


def test_decimals_pass() -> None:
    for kind in (Types.BIG_DEC(), Types.TUPLE([Types.BIG_DEC()])):
        value = (Decimal("1.5"),) if isinstance(kind, TupleTypeInfo) else Decimal("1.5")
        assert _looked_at(OutputType("Map", kind), [value])[0] is value


def test_pickled_records_are_nobodys_business() -> None:
    assert output_type("Map", None) is None
    assert output_type("Map", Types.PICKLED_BYTE_ARRAY()) is None
    inside = OutputType("Map", Types.TUPLE([Types.PICKLED_BYTE_ARRAY(), Types.INT()]))
    assert _looked_at(inside, [({"a"}, 1), (None, 2)]) == [({"a"}, 1), (None, 2)]


def test_collected_values() -> None:
    assert collected(PAIR) is None
    shown = collected(Types.TUPLE([Types.FLOAT(), Types.STRING()]))
    assert shown is not None
    assert shown((as_float32(0.1), "a")) == (0.1, "a")
    row = collected(Types.ROW_NAMED(["a"], [Types.SQL_TIME()]))
    assert row is not None
    assert row(Row(a=time(1, 2, 3, 4000))) == Row(a=time(1, 2, 3))


def test_a_copied_row_has_fields_of_its_own() -> None:
    row = Row(a=1)
    changed = copy.copy(row)
    changed["a"] = 2
    assert (row, changed) == (Row(a=1), Row(a=2))
