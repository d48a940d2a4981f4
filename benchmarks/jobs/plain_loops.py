"""The limit: the same functions in plain loops, results in lists as an engine hands them to a sink."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import bid_functions
import other_word_functions
import word_functions
from tally import tally_all

BATCH = 4096


def running_counts(functions: Any, lines: Iterable[str]) -> Iterator[list[Any]]:
    split, pair, key, add = functions.split, functions.pair, functions.key, functions.add
    counts: dict[Any, Any] = {}
    out: list[Any] = []
    for line in lines:
        for word in split(line):
            record = pair(word)
            k = key(record)
            try:
                value = counts[k]
            except KeyError:
                value = record
            else:
                value = add(value, record)
            counts[k] = value
            out.append(value)
        if len(out) >= BATCH:
            yield out
            out = []
    yield out


def projected(lines: Iterable[str]) -> Iterator[list[Any]]:
    parse, is_wanted, project = bid_functions.parse, bid_functions.is_wanted, bid_functions.project
    out: list[Any] = []
    for line in lines:
        bid = parse(line)
        if is_wanted(bid):
            out.append(project(bid))
            if len(out) >= BATCH:
                yield out
                out = []
    yield out


def window_counts(lines: Iterable[str]) -> Iterator[list[Any]]:
    """Event times must not go back."""
    event, auction, time_of = bid_functions.event, bid_functions.auction, bid_functions.time_of
    count, size = bid_functions.Count(), bid_functions.WINDOW
    start, counts = 0, dict[int, int]()
    for line in lines:
        record = event(line)
        time = time_of(record)
        if time >= start + size:
            yield [(k, start, count.get_result(a)) for k, a in counts.items()]
            start, counts = time - time % size, {}
        k = auction(record)
        try:
            value = counts[k]
        except KeyError:
            value = count.create_accumulator()
        counts[k] = count.add(record, value)
    yield [(k, start, count.get_result(a)) for k, a in counts.items()]


LOOPS: dict[str, Callable[[Iterable[str]], Iterator[list[Any]]]] = {
    "words": lambda lines: running_counts(word_functions, lines),
    "words, other functions": lambda lines: running_counts(other_word_functions, lines),
    "json": projected,
    "window": window_counts,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", choices=LOOPS, required=True)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    with arguments.input.open(encoding="utf-8") as file:
        tally_all(arguments.workload, LOOPS[arguments.workload](file), arguments.output)
