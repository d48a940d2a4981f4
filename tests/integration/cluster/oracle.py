"""What the word count must give, computed without Penstock, and what its output says."""

from collections import Counter
from pathlib import Path


def expected_counts(text: str, repeat: int = 1) -> dict[str, int]:
    return {word: n * repeat for word, n in Counter(text.split()).items()}


def part_files(folder: Path) -> list[Path]:
    """The committed files of a FileSink: no hidden, in-progress ones."""
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith((".", "_"))]


def counts_written(folder: Path) -> dict[str, int]:
    """The largest count of each word over all lines `(word,count)`."""
    largest: dict[str, int] = {}
    for path in part_files(folder):
        for line in path.read_text().splitlines():
            word, count = line[1:-1].rsplit(",", 1)
            largest[word] = max(largest.get(word, 0), int(count))
    return largest


def lines_written(folder: Path) -> list[str]:
    return [line for path in part_files(folder) for line in path.read_text().splitlines()]
