"""Items of operator state as bytes, and saying which one is to blame where that fails."""

import contextlib
import pickle
from collections.abc import Sequence
from typing import Any

from penstock.checkpoint.errors import StateNotSerializable

_PROTOCOL = 5
_MAX_REPR = 200


def dump_items(operator: str, state: str, items: Sequence[Any]) -> bytes:
    """A pickled list. Classes of the job's own script travel by value. StateNotSerializable."""
    content = list(items)
    with contextlib.suppress(Exception):  # cloudpickle can do more, and its error is the one to tell
        return pickle.dumps(content, _PROTOCOL)
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(content, _PROTOCOL))
    except Exception as error:  # whatever a user's __reduce__ raises
        culprit = next((item for item in content if not _picklable(item)), content)
        shown = repr(culprit)
        shown = shown if len(shown) <= _MAX_REPR else shown[:_MAX_REPR] + "…"
        raise StateNotSerializable(
            f"state {state!r} of operator {operator}: an item of type {type(culprit).__qualname__} cannot be pickled "
            f"({error}): {shown}"
        ) from None


def load_items(data: bytes) -> list[Any]:
    """The list again. Whatever unpickling raises."""
    items: list[Any] = pickle.loads(data)
    return items


def _picklable(item: Any) -> bool:
    import cloudpickle

    try:
        cloudpickle.dumps(item, _PROTOCOL)
    except Exception:
        return False
    return True
