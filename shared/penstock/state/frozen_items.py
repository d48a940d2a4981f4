"""List state as of now: pickled at once, so that what changes later does not show, unpickled when it is asked for."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

from penstock.state.pickling import dumps, loads
from penstock.state.portable import StateNotPicklable


class FrozenItems(Sequence[Any]):
    """`what`: to name in the error, such as "operator 'X': broadcast state 'y'". StateNotPicklable."""

    __slots__ = ("_pickled",)

    def __init__(self, items: Iterable[Any], what: str) -> None:
        self._pickled: list[bytes] = []
        for item in items:
            try:
                self._pickled.append(dumps(item))
            except Exception as e:
                raise StateNotPicklable(
                    f"{what} cannot be pickled: {type(e).__name__}: {e} (in {_shown(item)})"
                ) from None

    def __len__(self) -> int:
        return len(self._pickled)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [loads(data) for data in self._pickled[index]]
        return loads(self._pickled[index])


def _shown(item: Any) -> str:
    text = repr(item)
    return text if len(text) <= 120 else text[:120] + "…"
