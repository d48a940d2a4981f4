"""Items of operator state as bytes, and saying which one is to blame where that fails."""

from collections.abc import Sequence
from typing import Any

from penstock.checkpoint.errors import StateNotSerializable
from penstock.state.pickling import dumps, loads

_MAX_REPR = 200


def dump_items(operator: str, state: str, items: Sequence[Any]) -> bytes:
    """A pickled list. StateNotSerializable names the operator, the state and the item."""
    content = list(items)
    try:
        return dumps(content)
    except Exception as error:  # whatever a user's __reduce__ raises
        culprit = next((item for item in content if not _picklable(item)), content)
        shown = repr(culprit)
        shown = shown if len(shown) <= _MAX_REPR else shown[:_MAX_REPR] + "…"
        raise StateNotSerializable(
            f"state {state!r} of operator {operator}: an item of type {type(culprit).__qualname__} cannot be pickled "
            f"({type(error).__name__}: {error}): {shown}"
        ) from None


def load_items(data: bytes) -> list[Any]:
    """The list again. Whatever unpickling raises."""
    items: list[Any] = loads(data)
    return items


def _picklable(item: Any) -> bool:
    try:
        dumps(item)
    except Exception:
        return False
    return True
