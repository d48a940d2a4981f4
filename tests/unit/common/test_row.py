"""Behaviour recorded from PyFlink 2.3."""

import copy
import pickle

import pytest

from penstock.common import Row, RowKind


def test_positional_and_named() -> None:
    positional, named, person = Row("a", 1), Row(a=1, b="x"), Row("name", "age")
    assert repr(positional) == "<Row('a', 1)>"
    assert repr(named) == "Row(a=1, b='x')"
    assert repr(person("Alice", 11)) == "Row(name='Alice', age=11)"
    assert (named["a"], named.b, named[1], positional[0], positional[0:1]) == (1, "x", "x", "a", ["a"])
    assert list(named) == [1, "x"]
    assert len(named) == 2


def test_membership_is_of_names_where_there_are_any() -> None:
    assert "a" in Row(a=1)
    assert 1 not in Row(a=1)
    assert 1 in Row("a", 1)


def test_equality_is_of_names_values_and_kind() -> None:
    assert Row("a", 1) == Row("a", 1)
    assert hash(Row("a", 1)) == hash(Row("a", 1))
    assert Row(a=1) != Row(1)
    assert Row(a=1) != Row(b=1)
    assert Row.of_kind(RowKind.DELETE, 1) != Row(1)


def test_as_dict() -> None:
    assert Row(a=Row(b=1), c=[Row(d=1)]).as_dict(True) == {"a": {"b": 1}, "c": [{"d": 1}]}
    with pytest.raises(TypeError, match="Cannot convert a Row class into dict"):
        Row("a").as_dict()


def test_fields_by_names() -> None:
    assert Row(a=1, b="x").get_fields_by_names(["b"]) == ["x"]
    assert Row("a", 1).get_fields_by_names(["b"]) == ["a", 1]


def test_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="zz"):
        Row(a=1)["zz"]
    with pytest.raises(AttributeError):
        _ = Row(a=1).zz
    with pytest.raises(AttributeError):
        Row("a")["a"]
    with pytest.raises(ValueError, match="Can not use both args and kwargs"):
        Row(1, a=2)
    with pytest.raises(ValueError, match="expected 2 values"):
        Row("a", "b")(1, 2, 3)


def test_assignment() -> None:
    row = Row(a=1, b=2)
    row["a"], row[1] = 3, 4
    row.set_row_kind(RowKind.UPDATE_AFTER)
    assert (list(row), str(row.get_row_kind())) == ([3, 4], "+U")
    row.set_field_names(["x", "y"])
    assert row.x == 3


@pytest.mark.parametrize("row", [Row("a", 1), Row(a=1), Row.of_kind(RowKind.DELETE, 1), Row()])
def test_pickles(row: Row) -> None:
    assert pickle.loads(pickle.dumps(row)) == row


def test_a_copy_is_another_row() -> None:
    row = Row.of_kind(RowKind.DELETE, word="a", n=1)
    changed = copy.copy(row)
    assert changed == row
    changed["n"] = 2
    changed.set_field_names(["w", "n"])
    changed.set_row_kind(RowKind.INSERT)
    assert row == Row.of_kind(RowKind.DELETE, word="a", n=1)
