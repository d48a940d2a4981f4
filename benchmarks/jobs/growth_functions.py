"""The user functions of the growth measurements, the same in the job and in the loop, and what both are given."""

import argparse
from collections.abc import Callable, Sequence
from operator import itemgetter

Pair = tuple[int, int]
_SECOND = itemgetter(1)
_SPREAD = 0x9E3779B1  #: odd, so that neighbours in the input are no neighbours among the keys

step: Callable[[int], int] = lambda n: n + 1  # noqa: E731
key: Callable[[Pair], int] = lambda pair: pair[0]  # noqa: E731


def add(a: Pair, b: Pair) -> Pair:
    return a[0], a[1] + b[1]


def pair_of(keys: int) -> Callable[[int], Pair]:
    """A number -> (one of so many keys, 1)."""
    return lambda n: (n * _SPREAD % keys, 1)


def second_sum(pairs: Sequence[Pair]) -> int:
    return sum(map(_SECOND, pairs))


def growth_arguments(purpose: str | None) -> argparse.Namespace:
    """`purpose`: a docstring. `records`, `chain` (maps), `keys` (0: nothing is counted), `output`,
    `rocksdb` (its memory, or None), which a loop has no use for."""
    parser = argparse.ArgumentParser(description=(purpose or "").splitlines()[0])
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--chain", type=int, default=0, help="maps")
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--output", required=True)
    parser.add_argument("--rocksdb", metavar="SIZE", help="keep the counts in RocksDB, with so much memory")
    return parser.parse_args()
