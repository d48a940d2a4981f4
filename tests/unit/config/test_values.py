"""Flink's textual values."""

from datetime import timedelta
from enum import Enum

import pytest

from penstock.client.config import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12000", timedelta(seconds=12)),
        ("500 ms", timedelta(milliseconds=500)),
        ("10s", timedelta(seconds=10)),
        ("1 min", timedelta(minutes=1)),
        ("2 Hours", timedelta(hours=2)),
        ("3 d", timedelta(days=3)),
        ("7 µs", timedelta(microseconds=7)),
        ("2.5 s", timedelta(milliseconds=2500)),
        ("2000 ns", timedelta(microseconds=2)),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    assert values.parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "s", "-1 s", "10 parsecs", "1 s 2 ms", "ten s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number|unknown unit"):
        values.parse_duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1024", 1024), ("32 kb", 32768), ("64m", 64 << 20), ("1 Gb", 1 << 30), ("2 tebibytes", 2 << 40), ("5 bytes", 5)],
)
def test_memory_sizes(text: str, expected: int) -> None:
    assert values.parse_memory(text) == expected


@pytest.mark.parametrize("text", ["", "kb", "1 ms", "-1"])
def test_what_is_no_memory_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number|unknown unit"):
        values.parse_memory(text)


def test_booleans() -> None:
    assert values.parse_boolean("TRUE") and not values.parse_boolean("false")
    with pytest.raises(ValueError, match="true or false"):
        values.parse_boolean("yes")


def test_lists_and_their_quotes() -> None:
    assert values.parse_list("a; b ;'c;d';\"e\"") == ("a", "b", "c;d", "e")
    assert values.parse_list("") == ()
    assert values.parse_list(values.to_text(["x;y", "it's"])) == ("x;y", "it's")
    assert values.parse_comma_list("a:1,b:2;c:3") == ("a:1", "b:2", "c:3")
    with pytest.raises(ValueError, match="never closed"):
        values.parse_list("'a;b")


def test_maps_and_their_quotes() -> None:
    assert values.parse_map("a:1, b:x:y") == {"a": "1", "b": "x:y"}
    pairs = {"k": "1,2", "l": "3"}
    assert values.parse_map(values.to_text(pairs)) == pairs
    with pytest.raises(ValueError, match="key:value"):
        values.parse_map("a")


class Mode(Enum):
    ALL_OF_IT = 1
    NONE = 2


def test_enumerations() -> None:
    parse = values.enum_parser(Mode)
    assert parse("all-of_it") is Mode.ALL_OF_IT
    with pytest.raises(ValueError, match="ALL_OF_IT, NONE"):
        parse("some")


def test_text_of_values() -> None:
    assert values.to_text(True) == "true"
    assert values.to_text(timedelta(seconds=2.5)) == "2500 ms"
    assert values.parse_duration(values.to_text(timedelta(days=400))) == timedelta(days=400)
    assert values.to_text(Mode.NONE) == "NONE"
    assert values.to_text(1.5) == "1.5"
