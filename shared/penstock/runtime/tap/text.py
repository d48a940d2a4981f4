"""A record as text: like its repr, but bounded, printable, and whatever happens, there.

Built-in containers and what is made of fields are walked by us, so that a huge one is not turned into text whole; a
class's own `__repr__` is called, within a time limit.
"""

import collections
import dataclasses
from collections.abc import Iterable
from typing import Any

from penstock.common.types import Row, RowKind
from penstock.runtime.interruption import Interrupted, SlotTerminated
from penstock.runtime.tap.time_limit import TimeLimit, TookTooLong

#: seconds that a user's __repr__ may take
LIMIT = 0.05
_DEEPEST = 8
#: bits of the largest int whose digits are shown
_LARGEST_INT = 4096
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    collections.deque: ("deque([", "])"),
}
_SHORT = (bool, float, complex, type(None))
_PASS = (Interrupted, SlotTerminated, KeyboardInterrupt)


class _Full(Exception):  # noqa: N818 (not an error)
    """Enough text."""


def text_of(value: object, longest: int, limit: TimeLimit | None = None) -> str:
    """At most `longest` characters; "…" at the end where something is left out. Raises nothing of the value's."""
    text, limit = _Text(longest), limit or TimeLimit(LIMIT)
    try:
        limit.call(lambda: text.write(value, 0))
    except _Full:
        return printable("".join(text.parts), longest - 1) + "…"
    except TookTooLong:
        ms = f"{limit.seconds * 1000:.0f} ms"
        text.parts.append(f"<{text.calls or type_name(value)}: its repr takes longer than {ms}>")
    except _PASS:
        raise
    except BaseException as e:
        text.parts.append(f"<{type_name(value)}: {type(e).__name__}>")
    return printable("".join(text.parts), longest)


def type_name(value: object) -> str:
    """The name of its class, bounded."""
    return printable(str(type(value).__name__), 80)


def printable(text: str, longest: int) -> str:
    """Cut, and with escapes for what would not show or would steer a terminal."""
    text = text[:longest]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)[:longest]


class _Text:
    def __init__(self, longest: int) -> None:
        self.parts: list[str] = []
        self.calls = ""  #: the class whose __repr__ was called last
        self._left = longest

    def write(self, value: Any, depth: int) -> None:
        kind = type(value)
        if kind is str or kind is bytes or kind is bytearray:
            self._put(repr(value[: self._left + 1]))
            if len(value) > self._left + 1:
                raise _Full
        elif kind in _SHORT:
            self._put(repr(value))
        elif kind is int:
            bits = value.bit_length()
            self._put(repr(value) if bits <= _LARGEST_INT else f"<int of {bits} bits>")
        elif depth >= _DEEPEST:
            self._put(f"<{type_name(value)}>")
        elif kind in _BRACKETS:
            self._elements(value, depth)
        elif kind is dict:
            self._put("{")
            self._pairs(value.items(), ": ", depth, by_name=False)
            self._put("}")
        else:
            self._object(value, kind, depth)

    def _elements(self, value: Any, depth: int) -> None:
        kind = type(value)
        opening, closing = _BRACKETS[kind]
        if not value and kind in (set, frozenset):
            self._put(f"{kind.__name__}()")
            return
        self._put(opening)
        for n, element in enumerate(value):
            if n:
                self._put(", ")
            self.write(element, depth + 1)
        self._put("," + closing if kind is tuple and len(value) == 1 else closing)

    def _object(self, value: Any, kind: type, depth: int) -> None:
        fields = _fields_of(value, kind)
        if fields is not None:
            opening, pairs = fields
            self._put(opening)
            self._pairs(pairs, "=", depth, by_name=True)
            self._put(")")
            return
        self.calls = type_name(value)
        try:
            text = str(repr(value))
        except (TookTooLong, *_PASS):
            raise
        except BaseException as e:
            text = f"<{self.calls}: its repr raises {type(e).__name__}>"
        self._put(text)

    def _pairs(self, pairs: Iterable[tuple[Any, Any]], between: str, depth: int, *, by_name: bool) -> None:
        for n, (name, value) in enumerate(pairs):
            if n:
                self._put(", ")
            if not by_name:
                self.write(name, depth + 1)
                self._put(between)
            elif name:
                self._put(f"{name}{between}")
            self.write(value, depth + 1)

    def _put(self, text: str) -> None:
        self.parts.append(text[: self._left + 1])
        self._left -= len(text)
        if self._left < 0:
            raise _Full


def _fields_of(value: Any, kind: type) -> tuple[str, Iterable[tuple[str, Any]]] | None:
    """What its repr would begin with, and its fields; None: it has a repr of its own."""
    own_repr: Any = kind.__repr__
    if kind is Row:
        row_kind = value.get_row_kind()
        names = value._fields or [""] * len(value._values)
        prefix = "" if row_kind is RowKind.INSERT else f"{row_kind}:"
        return f"{prefix}Row(", zip(names, value._values, strict=False)
    if issubclass(kind, tuple) and _is_namedtuples(own_repr):
        names = getattr(kind, "_fields", ())
        return f"{kind.__name__}(", zip(names, tuple.__iter__(value), strict=False)
    if dataclasses.is_dataclass(kind) and hasattr(own_repr, "__wrapped__"):
        shown = [f.name for f in dataclasses.fields(kind) if f.repr]
        return f"{kind.__qualname__}(", ((n, getattr(value, n)) for n in shown)
    if own_repr is object.__repr__ and not isinstance(value, type):
        return f"{kind.__name__}(", list(getattr(value, "__dict__", {}).items())
    return None


def _is_namedtuples(method: Any) -> bool:
    code = getattr(method, "__code__", None)
    return code is not None and code.co_filename == collections.__file__
