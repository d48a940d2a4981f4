"""Word count in one process against a bare loop over the same four functions: CPU seconds, words per CPU second, ratio.

    python benchmarks/word_count_local.py [--words N] [--parallelism P] [--profile]

Both call a generator, a map, a key and a reduce function for each word and put one running count out for it; the bare
loop keeps its counts in a dict. The ratio is the bare loop's CPU time over Penstock's: 1.0 would be an engine for free.
"""

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Callable, Iterator, Sequence
from pydoc_data.topics import topics
from typing import Any

from penstock.common import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment

LINES = [line for text in topics.values() for line in text.splitlines()]


def split(line: str) -> Iterator[str]:
    yield from line.split()


def pair(word: str) -> tuple[str, int]:
    return word, 1


def key(record: tuple[str, int]) -> str:
    return record[0]


def add(a: tuple[str, int], b: tuple[str, int]) -> tuple[str, int]:
    return a[0], a[1] + b[1]


class RepeatedLines:
    """The text over and over, as a bounded source."""

    bounded = True

    def __init__(self, repeat: int) -> None:
        self.repeat = repeat

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return [self.repeat // parallelism] * parallelism

    def create_reader(self, subtask: int, parallelism: int) -> "RepeatedReader":
        return RepeatedReader()


class RepeatedReader:
    def __init__(self) -> None:
        self._left = self._at = 0

    def add_splits(self, splits: Sequence[Any]) -> None:
        self._left += sum(splits)

    def poll(self, max_records: int) -> list[Any] | None:
        if not self._left:
            return None
        taken = LINES[self._at : self._at + max_records]
        self._at += len(taken)
        if self._at >= len(LINES):
            self._left, self._at = self._left - 1, 0
        return taken

    def snapshot(self) -> list[Any]:
        return [self._left]

    def close(self) -> None: ...


class CountingSink:
    """Counts the updates it is given."""

    def create_writer(self, subtask: int, attempt: int) -> "CountingWriter":
        return CountingWriter()

    def commit(self, committables: Sequence[Any]) -> None:
        CountingWriter.total += sum(committables)


class CountingWriter:
    total = 0

    def __init__(self) -> None:
        self._written = 0

    def write(self, values: Sequence[Any]) -> None:
        self._written += len(values)

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[Any]:
        return [self._written]

    def close(self) -> None: ...


def bare(repeat: int) -> int:
    """The functional loop: what the program would be without an engine."""
    counts: dict[str, tuple[str, int]] = {}
    updates = 0
    for _ in range(repeat):
        out: list[tuple[str, int]] = []
        for line in LINES:
            for word in split(line):
                record = pair(word)
                k = key(record)
                if k in counts:
                    record = add(counts[k], record)
                counts[k] = record
                out.append(record)
        updates += len(out)
    return updates


def penstock(repeat: int, parallelism: int) -> int:
    """The same as a job."""
    CountingWriter.total = 0
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    lines = env.from_source(RepeatedLines(repeat), WatermarkStrategy.no_watermarks(), "text")
    lines.flat_map(split).map(pair).key_by(key).reduce(add).sink_to(CountingSink())
    env.execute("word count")
    return CountingWriter.total


def cpu_seconds(run: Callable[[], int]) -> tuple[float, int]:
    """CPU seconds of a run, and the updates put out."""
    start = time.process_time()
    updates = run()
    return time.process_time() - start, updates


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--best-of", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="one profiled run instead of figures")
    options = parser.parse_args()
    words = sum(len(line.split()) for line in LINES)
    repeat = max(options.parallelism, options.words // words)
    repeat -= repeat % options.parallelism
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(penstock, repeat, options.parallelism)
        pstats.Stats(profile).sort_stats("tottime").print_stats(20)
        return
    # in turns, and the best of each: what else runs on the machine disturbs both alike
    bare_seconds = seconds = float("inf")
    for _ in range(options.best_of):
        taken, bare_updates = cpu_seconds(lambda: bare(repeat))
        bare_seconds = min(bare_seconds, taken)
        taken, updates = cpu_seconds(lambda: penstock(repeat, options.parallelism))
        seconds = min(seconds, taken)
        if updates != bare_updates:
            raise SystemExit(f"{updates} updates instead of {bare_updates}")
    figures = {
        "words": repeat * words,
        "parallelism": options.parallelism,
        "bare_cpu_s": round(bare_seconds, 3),
        "penstock_cpu_s": round(seconds, 3),
        "words_per_cpu_s": round(repeat * words / seconds),
        "ratio": round(bare_seconds / seconds, 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
