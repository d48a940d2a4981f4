"""The user functions of the word count, the same objects in every peer."""

from collections.abc import Callable, Iterator

Pair = tuple[str, int]


def split(line: str) -> Iterator[str]:
    yield from line.split()


pair: Callable[[str], Pair] = lambda word: (word, 1)  # noqa: E731
key: Callable[[Pair], str] = lambda record: record[0]  # noqa: E731


def add(a: Pair, b: Pair) -> Pair:
    return a[0], a[1] + b[1]
