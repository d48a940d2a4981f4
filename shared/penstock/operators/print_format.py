"""How `print` writes a value: an untyped one as Python does, a typed one as Flink's classes do."""

from collections.abc import Callable
from typing import Any


def text_of(type_info: Any) -> Callable[[Any], str]:
    """The text of values of this type (a `TypeInformation`, or None for any picklable object)."""
    to_text = getattr(type_info, "to_text", None)
    if to_text is None:
        return str
    found: Callable[[Any], str] = to_text
    return found
