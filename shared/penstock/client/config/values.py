"""Flink's textual values: durations, sizes, booleans, lists, maps, enumerations. Pure; parsers raise ValueError.

Source: Flink's `TimeUtils.parseDuration`, `MemorySize.parse`, `ConfigurationUtils`, `StructuredOptionsSplitter`.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import TypeVar

E = TypeVar("E", bound=Enum)

_NUMBER_AND_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([^\d\s.]*)\s*")

_MICROSECONDS: dict[str, float] = {
    **dict.fromkeys(("d", "day", "days"), 86_400e6),
    **dict.fromkeys(("h", "hour", "hours"), 3_600e6),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60e6),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1e6),
    **dict.fromkeys(("", "ms", "milli", "millis", "millisecond", "milliseconds"), 1e3),
    **dict.fromkeys(("us", "µs", "μs", "micro", "micros", "microsecond", "microseconds"), 1.0),
    **dict.fromkeys(("ns", "nano", "nanos", "nanosecond", "nanoseconds"), 1e-3),
}
_BYTES: dict[str, int] = {
    **dict.fromkeys(("", "b", "byte", "bytes"), 1),
    **dict.fromkeys(("k", "kb", "kibibyte", "kibibytes"), 1 << 10),
    **dict.fromkeys(("m", "mb", "mebibyte", "mebibytes"), 1 << 20),
    **dict.fromkeys(("g", "gb", "gibibyte", "gibibytes"), 1 << 30),
    **dict.fromkeys(("t", "tb", "tebibyte", "tebibytes"), 1 << 40),
}


def _number_and_unit(text: str) -> tuple[float, str]:
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        raise ValueError("expected a number and a unit")
    return float(match[1]), match[2].lower()


def parse_duration(text: str) -> timedelta:
    """`10 s`, `500 ms`, `1 min`, `2 h`; without a unit: milliseconds. Decimals are allowed, unlike in Flink."""
    number, unit = _number_and_unit(text)
    if unit not in _MICROSECONDS:
        raise ValueError(f"unknown unit {unit!r}; units are d, h, min, s, ms, us, ns")
    return timedelta(microseconds=number * _MICROSECONDS[unit])


def parse_memory(text: str) -> int:
    """Bytes of `32 kb`, `64m`, `1 gb` (powers of 1024); without a unit: bytes."""
    number, unit = _number_and_unit(text)
    if unit not in _BYTES:
        raise ValueError(f"unknown unit {unit!r}; units are b, k, m, g, t (also kb, mb, gb, tb)")
    return int(number * _BYTES[unit])


def parse_boolean(text: str) -> bool:
    """`true` or `false`, in any case."""
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
    raise ValueError("expected true or false")


def parse_integer(text: str) -> int:
    """A whole number, signed."""
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        raise ValueError("expected a whole number")
    return int(text)


def parse_double(text: str) -> float:
    """A decimal number."""
    return float(text)


def parse_string(text: str) -> str:
    """The text as it is."""
    return text


def _split(text: str, delimiter: str) -> list[str]:
    """Parts between delimiters; quotes ('…' or "…", doubled inside) protect a delimiter."""
    parts: list[str] = []
    part, quote, i = "", "", 0
    while i < len(text):
        char = text[i]
        if quote:
            if char == quote and text[i + 1 : i + 2] == quote:
                part += char
                i += 1
            elif char == quote:
                quote = ""
            else:
                part += char
        elif char in "'\"" and not part.strip():
            part, quote = "", char
        elif char == delimiter:
            parts.append(part.strip())
            part = ""
        else:
            part += char
        i += 1
    if quote:
        raise ValueError(f"a {quote} is never closed")
    parts.append(part.strip())
    return [p for p in parts if p]


def parse_list(text: str) -> tuple[str, ...]:
    """`a;b`; quotes protect a semicolon."""
    return tuple(_split(text, ";"))


def parse_comma_list(text: str) -> tuple[str, ...]:
    """`a,b` or `a;b`: for lists of addresses, as they are written on command lines."""
    return tuple(p for part in _split(text, ";") for p in _split(part, ","))


def parse_map(text: str) -> dict[str, str]:
    """`k1:v1,k2:v2`; quotes protect a comma."""
    pairs: dict[str, str] = {}
    for part in _split(text, ","):
        key, colon, value = part.partition(":")
        if not colon:
            raise ValueError(f"expected key:value pairs, found {part!r}")
        pairs[key.strip()] = value.strip()
    return pairs


def enum_parser(kind: type[E]) -> Callable[[str], E]:
    """A parser of an enumeration's names: in any case, `-` and `_` alike."""

    def parse(text: str) -> E:
        name = text.strip().upper().replace("-", "_")
        if name not in kind.__members__:
            raise ValueError(f"expected one of {', '.join(kind.__members__)}")
        return kind[name]

    return parse


def _quoted(text: str, delimiters: str) -> str:
    if any(d in text for d in delimiters) or text[:1] in ("'", '"'):
        return "'" + text.replace("'", "''") + "'"
    return text


def to_text(value: object) -> str:
    """A value as YAML or code gives it, in Flink's textual form."""
    match value:
        case bool():
            return "true" if value else "false"
        case timedelta():
            micros = value // timedelta(microseconds=1)
            return f"{micros} us" if micros % 1000 else f"{micros // 1000} ms"
        case Enum():
            return value.name
        case list() | tuple():
            return ";".join(_quoted(to_text(v), ";") for v in value)
        case dict():
            return ",".join(_quoted(f"{k}:{to_text(v)}", ",") for k, v in value.items())
        case None:
            return ""
    return str(value)
