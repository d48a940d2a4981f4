"""ConfigOption: one configuration key with its type, default and documentation, and a constructor for each type."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Generic, Literal, TypeVar

from penstock.client.config import values

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

Origin = Literal["flink", "penstock"]


@dataclass(frozen=True, slots=True)
class ConfigOption(Generic[T]):
    """A key that has an effect. `default` is in Flink's textual form, None where the key has none."""

    key: str
    type: str  #: Flink's name of the type: Boolean, Integer, Duration, MemorySize, List<String>, …
    parser: Callable[[str], T]
    default: str | None
    doc: str
    old_keys: tuple[str, ...] = ()  #: fall-backs, in order; the new key wins
    flink_default: str | None = None  #: where ours differs from Flink's

    @property
    def origin(self) -> Origin:
        """Whether the key is Flink's or our own."""
        return "penstock" if self.key.startswith("penstock.") else "flink"

    def parse(self, text: str) -> T:
        """The typed value; ValueError names key, value and type."""
        try:
            return self.parser(text)
        except ValueError as error:
            raise ValueError(f"{self.key}: {text!r} is not a value of type {self.type}: {error}") from None


def boolean(key: str, default: bool, doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[bool]:
    """A Boolean key."""
    return ConfigOption(key, "Boolean", values.parse_boolean, values.to_text(default), doc, old_keys)


def integer(
    key: str,
    default: int,
    doc: str,
    old_keys: tuple[str, ...] = (),
    *,
    least: int | None = None,
    most: int | None = None,
    also: int | None = None,
) -> ConfigOption[int]:
    """An Integer key. It may be from `least` to `most`, or `also`."""

    def parse(text: str) -> int:
        number = values.parse_integer(text)
        if number != also and ((least is not None and number < least) or (most is not None and number > most)):
            bounds = f"at least {least}" if most is None else f"from {least} to {most}"
            raise ValueError(f"expected {bounds}" + ("" if also is None else f", or {also}"))
        return number

    return ConfigOption(key, "Integer", parse, str(default), doc, old_keys)


def optional_integer(key: str, doc: str, *, least: int) -> ConfigOption[int]:
    """An Integer key of at least `least`, without a default: read it by `Configuration.find`."""

    def parse(text: str) -> int:
        number = values.parse_integer(text)
        if number < least:
            raise ValueError(f"expected at least {least}")
        return number

    return ConfigOption(key, "Integer", parse, None, doc)


def duration(
    key: str, default: str, doc: str, old_keys: tuple[str, ...] = (), flink_default: str | None = None
) -> ConfigOption[timedelta]:
    """A Duration key."""
    return ConfigOption(key, "Duration", values.parse_duration, default, doc, old_keys, flink_default)


def optional_duration(key: str, doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[timedelta]:
    """A Duration key without a default: read it by `Configuration.find`."""
    return ConfigOption(key, "Duration", values.parse_duration, None, doc, old_keys)


def floating(
    key: str, default: float, doc: str, old_keys: tuple[str, ...] = (), *, least: float | None = None
) -> ConfigOption[float]:
    """A Double key of at least `least`."""

    def parse(text: str) -> float:
        number = values.parse_double(text)
        if least is not None and number < least:
            raise ValueError(f"expected at least {least}")
        return number

    return ConfigOption(key, "Double", parse, str(default), doc, old_keys)


def memory(key: str, default: str, doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[int]:
    """A MemorySize key, in bytes."""
    return ConfigOption(key, "MemorySize", values.parse_memory, default, doc, old_keys)


def string(
    key: str, default: str, doc: str, old_keys: tuple[str, ...] = (), flink_default: str | None = None
) -> ConfigOption[str]:
    """A String key that always has a value."""
    return ConfigOption(key, "String", values.parse_string, default, doc, old_keys, flink_default)


def optional_string(key: str, doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[str]:
    """A String key without a default: read it by `Configuration.find`."""
    return ConfigOption(key, "String", values.parse_string, None, doc, old_keys)


def string_list(
    key: str, default: str | None, doc: str, old_keys: tuple[str, ...] = ()
) -> ConfigOption[tuple[str, ...]]:
    """A List<String> key: `a;b` or a YAML list."""
    return ConfigOption(key, "List<String>", values.parse_list, default, doc, old_keys)


def addresses(key: str, default: str | None, doc: str) -> ConfigOption[tuple[str, ...]]:
    """A list of addresses: `a,b` or `a;b` or a YAML list."""
    return ConfigOption(key, "List<String>", values.parse_comma_list, default, doc)


def string_map(key: str, doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[dict[str, str]]:
    """A Map key: `k1:v1,k2:v2` or a YAML mapping."""
    return ConfigOption(key, "Map", values.parse_map, "", doc, old_keys)


def enumeration(key: str, default: E, doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[E]:
    """An Enum key; names in any case, `-` and `_` alike."""
    kind = type(default)
    name = f"Enum ({', '.join(kind.__members__)})"
    return ConfigOption(key, name, values.enum_parser(kind), default.name, doc, old_keys)


def optional_enumeration(key: str, kind: type[E], doc: str, old_keys: tuple[str, ...] = ()) -> ConfigOption[E]:
    """An Enum key without a default: read it by `Configuration.find`."""
    name = f"Enum ({', '.join(kind.__members__)})"
    return ConfigOption(key, name, values.enum_parser(kind), None, doc, old_keys)
