"""Texts recorded from PyFlink 2.3 on Java 17 (`sink_to` with the simple string encoder, and `print`)."""

import datetime
import decimal
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common import Instant, Row, RowKind, TypeInformation, Types
from penstock.common.java_format import double_text, float_text, formatter, lines, printer

PAIR = Types.ROW([Types.STRING(), Types.INT()])

FILE_SINK: list[tuple[TypeInformation, Any, str]] = [
    (Types.STRING(), "a", "a"),
    (Types.INT(), -5, "-5"),
    (Types.LONG(), 2**40, "1099511627776"),
    (Types.SHORT(), 5, "5"),
    (Types.BOOLEAN(), True, "true"),
    (Types.BOOLEAN(), False, "false"),
    (Types.TUPLE([Types.STRING(), Types.INT()]), ("a", 1), "(a,1)"),
    (
        Types.TUPLE([Types.STRING(), Types.LIST(Types.INT()), Types.DOUBLE(), Types.BOOLEAN()]),
        ("a", [1, 2], 1.5, True),
        "(a,[1, 2],1.5,true)",
    ),
    (Types.TUPLE([Types.STRING(), PAIR]), ("a", Row("s", 1)), "(a,+I[s, 1])"),
    (PAIR, Row("a", 1), "+I[a, 1]"),
    (PAIR, Row("b", None), "+I[b, null]"),
    (PAIR, Row.of_kind(RowKind.DELETE, "b", 3), "-D[b, 3]"),
    (PAIR, ("a", 1), "+I[a, 1]"),
    (Types.ROW_NAMED(["name", "age"], [Types.STRING(), Types.INT()]), Row(name="a", age=1), "+I[a, 1]"),
    (
        Types.ROW([Types.STRING(), Types.ROW([Types.INT(), Types.PRIMITIVE_ARRAY(Types.INT())])]),
        Row("a", Row(1, [1, 2])),
        "+I[a, +I[1, [1, 2]]]",
    ),
    (
        Types.ROW([Types.STRING(), Types.TUPLE([Types.INT(), Types.STRING()]), Types.BOOLEAN(), Types.DOUBLE()]),
        Row("a", (1, "s"), True, 1e10),
        "+I[a, (1,s), true, 1.0E10]",
    ),
    (Types.ROW([Types.MAP(Types.STRING(), Types.LIST(Types.INT()))]), Row({"a": [1, 2]}), "+I[{a=[1, 2]}]"),
    (Types.ROW([Types.BASIC_ARRAY(Types.STRING())]), Row(["a", "b"]), "+I[[a, b]]"),
    (Types.ROW([Types.OBJECT_ARRAY(Types.DOUBLE())]), Row([1.5]), "+I[[1.5]]"),
    (Types.MAP(Types.STRING(), Types.INT()), {"a": 1}, "{a=1}"),
    (Types.LIST(Types.STRING()), ["a", None], "[a, null]"),
    (Types.SQL_DATE(), datetime.date(2020, 1, 2), "2020-01-02"),
    (Types.SQL_TIME(), datetime.time(1, 2, 3, 456000), "01:02:03"),
    (Types.SQL_TIMESTAMP(), datetime.datetime(2020, 1, 2, 3, 4, 5, 678900), "2020-01-02 03:04:05.678"),
    (Types.SQL_TIMESTAMP(), datetime.datetime(2020, 1, 2), "2020-01-02 00:00:00.0"),
    (Types.INSTANT(), Instant.of_epoch_milli(1500), "1970-01-01T00:00:01.500Z"),
    (Types.INSTANT(), Instant.of_epoch_milli(0), "1970-01-01T00:00:00Z"),
    (Types.BIG_DEC(), decimal.Decimal("1.50"), "1.50"),
    (Types.BIG_DEC(), decimal.Decimal("1E+10"), "1E+10"),
    (Types.BIG_DEC(), decimal.Decimal("1E-10"), "1E-10"),
    (Types.BIG_INT(), 10**30, "1000000000000000000000000000000"),
]


@pytest.mark.parametrize(("type_info", "value", "text"), FILE_SINK, ids=[t for _, _, t in FILE_SINK])
def test_text_is_that_of_java(type_info: TypeInformation, value: Any, text: str) -> None:
    assert formatter(type_info)(value) == text
    assert lines(type_info)([value, value]) == f"{text}\n{text}\n"


def test_print_of_a_row_is_made_in_python() -> None:
    nested = Types.ROW([Types.STRING(), Types.ROW([Types.INT()]), Types.BOOLEAN(), Types.DOUBLE()])
    assert printer(nested)(Row("a", Row(f0=1), True, 1e10)) == "+I[a,Row(f0=1),True,10000000000.0]"
    assert printer(PAIR)(Row("b", None)) == "+I[b,None]"
    assert printer(PAIR)(Row.of_kind(RowKind.UPDATE_BEFORE, "b", 3)) == "-U[b,3]"


@pytest.mark.parametrize("value", [("a", 1), None, 1.5, True, {"a": 1}, b"ab", Row("a", 1)])
def test_untyped_values_are_python_text(value: Any) -> None:
    assert printer(None)(value) == str(value)
    assert lines(Types.PICKLED_BYTE_ARRAY())([value]) == f"{value}\n"


def test_tuple_fields_of_another_class_take_their_types_text() -> None:
    text = lines(Types.TUPLE([Types.STRING(), Types.INT(), Types.BOOLEAN()]))
    assert text([("a", True, 1), (None, None, None), (3, 4, 0)]) == "(a,1,true)\n(null,null,null)\n(3,4,false)\n"
    assert lines(Types.TUPLE([Types.STRING()]))([("x",)]) == "(x)\n"


DOUBLES = [
    (1.0, "1.0"),
    (0.1, "0.1"),
    (1e7, "1.0E7"),
    (9999999.0, "9999999.0"),
    (1e-3, "0.001"),
    (9.99e-4, "9.99E-4"),
    (1e21, "1.0E21"),
    (1.5e300, "1.5E300"),
    (math.nan, "NaN"),
    (math.inf, "Infinity"),
    (-math.inf, "-Infinity"),
    (-0.0, "-0.0"),
    (123456789.125, "1.23456789125E8"),
    (5e-324, "4.9E-324"),
    (1 / 3, "0.3333333333333333"),
    (2.2250738585072014e-308, "2.2250738585072014E-308"),
    (100.0, "100.0"),
    (-12.5, "-12.5"),
]


@pytest.mark.parametrize(("value", "text"), DOUBLES, ids=[t for _, t in DOUBLES])
def test_doubles(value: float, text: str) -> None:
    assert double_text(value) == text


FLOATS = [
    (1.0, "1.0"),
    (0.1, "0.1"),
    (1e7, "1.0E7"),
    (1e-3, "0.001"),
    (9.99e-4, "9.99E-4"),
    (3.4e38, "3.4E38"),
    (1.4e-45, "1.4E-45"),
    (33554432.0, "3.3554432E7"),
    (1 / 3, "0.33333334"),
    (16777216.0, "1.6777216E7"),
    (0.3, "0.3"),
    (1e39, "Infinity"),
]


@pytest.mark.parametrize(("value", "text"), FLOATS, ids=[t for _, t in FLOATS])
def test_floats(value: float, text: str) -> None:
    assert float_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_read_back_as_itself(value: float) -> None:
    assert float(double_text(value)) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_is_read_back_as_itself(value: float) -> None:
    assert struct.pack("f", float(float_text(value))) == struct.pack("f", value)
