"""Whether a word count is right: compared with one made by the standard library alone."""

import json
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path


def counts_of(text: Path) -> Counter[str]:
    """Every word's count."""
    return Counter(text.read_text(encoding="utf-8").split())


def check(sink: str, output: Path, once: Counter[str], repeat: int) -> None:
    """ValueError unless every update was made and every word's last count is right."""
    expected = {word: count * repeat for word, count in once.items()}
    updates = sum(expected.values())
    found = _files(output) if sink == "files" else _summaries(output)
    wanted = (updates, expected) if sink == "files" else (updates, len(expected), checksum(expected))
    if found != wanted:
        raise ValueError(f"{output}: the counts differ from the oracle's ({found[0]:,} updates, {updates:,} expected)")


def checksum(counts: Mapping[str, int]) -> int:
    """Does not depend on the order of the words."""
    return sum(zlib.crc32(f"{word},{count}".encode()) for word, count in counts.items())


def _summaries(output: Path) -> tuple[int, int, int]:
    found = [json.loads(file.read_bytes()) for file in output.glob("*.json")]
    return sum(f["updates"] for f in found), sum(f["words"] for f in found), sum(f["checksum"] for f in found)


def _files(output: Path) -> tuple[int, dict[str, int]]:
    newest: dict[str, int] = {}
    updates = 0
    for file in output.iterdir():
        if file.name.startswith("."):
            continue
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                word, _, count = line[1:-2].rpartition(",")
                newest[word] = max(newest.get(word, 0), int(count))
                updates += 1
    return updates, newest
