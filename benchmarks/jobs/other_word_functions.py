"""A second word count of the same shape by other means: closures, three-field tuples, another split.

An engine that is fast by recognising `word_functions` is slow here.
"""

import re
from collections.abc import Callable

Triple = tuple[str, int, int]


def _splitter(pattern: str) -> Callable[[str], list[str]]:
    found = re.compile(pattern)

    def cut(line: str) -> list[str]:
        return [word for word in found.findall(line) if word]

    return cut


def _labelled(weight: int) -> Callable[[str], Triple]:
    def label(word: str) -> Triple:
        return word, weight, len(word)

    return label


def _field(position: int) -> Callable[[Triple], str]:
    return lambda record: record[position]  # type: ignore[return-value]


def _summed() -> Callable[[Triple, Triple], Triple]:
    def merge(left: Triple, right: Triple) -> Triple:
        word, count, length = left
        return word, count + right[1], length

    return merge


split, pair, key, add = _splitter(r"\S+"), _labelled(1), _field(0), _summed()
