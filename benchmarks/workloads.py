"""What is computed: inputs of any size from a seed, and what must come out of them, by the standard library alone."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks.bids import write_bids
from benchmarks.results_check import checksum
from benchmarks.text import write_text

Summary = dict[str, int]
_TEXT = 1_000_000  #: words after which the text begins anew
_WORDS_OF_LINE = 10


@dataclass(frozen=True, slots=True)
class Workload:
    """`unit`: what its records are. `expected`: the summary of the results of an input file."""

    name: str
    unit: str
    write: Callable[[Path, int], None]
    expected: Callable[[Path], Summary]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files of so many records, made when they are first asked for."""

    folder: Path
    _expected: dict[tuple[str, int], Summary] = field(default_factory=dict)

    def file(self, workload: Workload, records: int) -> Path:
        path = self.folder / f"{workload.unit}-{records}"
        if not path.exists():
            workload.write(path, records)
        return path

    def expected(self, workload: Workload, records: int) -> Summary:
        key = (workload.name, records)
        if key not in self._expected:
            self._expected[key] = workload.expected(self.file(workload, records))
        return self._expected[key]


@cache
def _lines() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        write_text(Path(folder, "text"), _TEXT)
        return Path(folder, "text").read_text(encoding="ascii").splitlines(keepends=True)


def _write_words(file: Path, count: int) -> None:
    """A multiple of ten, the text from its beginning, as often as it takes."""
    lines, wanted = _lines(), count // _WORDS_OF_LINE
    with file.open("w", encoding="ascii") as out:
        while wanted:
            out.writelines(lines[:wanted])
            wanted -= min(wanted, len(lines))


def newest(counts: Mapping[str, int]) -> Summary:
    """Of each word's last count."""
    return {"words": len(counts), "checksum": checksum(counts)}


def _counted(file: Path) -> Summary:
    counts: Counter[str] = Counter()
    with file.open(encoding="ascii") as lines:
        for line in lines:
            counts.update(line.split())
    return {"results": counts.total(), **newest(counts)}


def _projected(file: Path) -> Summary:
    results = checksum = 0
    with file.open(encoding="ascii") as lines:
        for bid in map(json.loads, lines):
            if bid["price"] > 10_000:
                results += 1
                checksum += hash((bid["auction"], bid["bidder"], bid["price"] * 908 // 1000))
    return {"results": results, "checksum": checksum}


def _windows(file: Path) -> Summary:
    with file.open(encoding="ascii") as lines:
        counts = Counter((b["auction"], b["dateTime"] // 10_000 * 10_000) for b in map(json.loads, lines))
    return {"results": len(counts), "checksum": sum(hash((a, s, n)) for (a, s), n in counts.items())}


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("words", "words", _write_words, _counted),
        Workload("words, other functions", "words", _write_words, _counted),
        Workload("json", "bids", write_bids, _projected),
        Workload("window", "bids", write_bids, _windows),
    )
}
