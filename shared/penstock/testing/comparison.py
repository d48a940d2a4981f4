"""What was written beside what must have been: as multisets, so that lost and doubled are told apart."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Difference(Generic[T]):
    """`lost`: how often each is missing; `doubled`: how often each is there too many times, or at all unexpectedly."""

    lost: Counter[T]
    doubled: Counter[T]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.lost or self.doubled)

    def __str__(self) -> str:
        if not self:
            return "nothing lost, nothing doubled"
        parts = []
        for name, counter in (("lost", self.lost), ("doubled", self.doubled)):
            examples = ", ".join(f"{item!r} x {times}" for item, times in counter.most_common(_SHOWN))
            parts.append(f"{name} {counter.total()}" + (f" ({examples})" if examples else ""))
        return "; ".join(parts)


def compare(found: Iterable[T] | Mapping[T, int], expected: Iterable[T] | Mapping[T, int]) -> Difference[T]:
    """Both are items in any order, or how often each item is there."""
    there, wanted = Counter(found), Counter(expected)
    return Difference(lost=wanted - there, doubled=there - wanted)


def assert_exactly_once(found: Iterable[T] | Mapping[T, int], expected: Iterable[T] | Mapping[T, int]) -> None:
    """AssertionError that counts what was lost and what was doubled, with examples."""
    difference = compare(found, expected)
    assert not difference, str(difference)
