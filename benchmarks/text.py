"""The input: a text of Zipf-distributed words, the same for the same seed."""

import random
import string
from itertools import accumulate
from pathlib import Path

DISTINCT = 100_000
WORDS = 1_000_000
_LINE = 10  #: words


def write_text(file: Path, words: int = WORDS, distinct: int = DISTINCT, seed: int = 20_26) -> None:
    """`words` words in lines of ten: each of `distinct` once, the others by Zipf's law with exponent 1."""
    chance = random.Random(seed)
    vocabulary: dict[str, None] = {}
    while len(vocabulary) < distinct:
        vocabulary["".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 11)))] = None
    every = list(vocabulary)
    weights = list(accumulate(1 / rank for rank in range(1, distinct + 1)))
    drawn = every + chance.choices(every, cum_weights=weights, k=words - distinct)
    chance.shuffle(drawn)
    lines = (" ".join(drawn[i : i + _LINE]) for i in range(0, words, _LINE))
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
