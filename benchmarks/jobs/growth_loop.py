"""The limit of growth_job.py: the same functions in a plain loop, as a user writes them one into the other."""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from cpu_sink import CpuTally, leave
from growth_functions import add, key, pair_of, second_sum, step

BATCH = 4096


def chained(records: int, chain: int) -> Iterator[list[int]]:
    """A line a map, written out as a user of that many would."""
    lines = ["def batches():", "    out = []", f"    for n in range({records}):"]
    lines += ["        n = step(n)"] * chain
    lines += [
        "        out.append(n)",
        f"        if len(out) >= {BATCH}:",
        "            yield out",
        "            out = []",
    ]
    names: dict[str, Any] = {"step": step}
    exec("\n".join([*lines, "    yield out"]), names)
    batches: Callable[[], Iterator[list[int]]] = names["batches"]
    return batches()


def counted(records: int, keys: int) -> Iterator[list[tuple[int, int]]]:
    pair, counts = pair_of(keys), dict[int, tuple[int, int]]()
    out: list[tuple[int, int]] = []
    for n in range(records):
        record = pair(n)
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--chain", type=int, default=0, help="maps")
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    tally: CpuTally
    if arguments.keys:
        tally = CpuTally(second_sum)
        for pairs in counted(arguments.records, arguments.keys):
            tally.write(pairs)
    else:
        tally = CpuTally(sum)
        for numbers in chained(arguments.records, arguments.chain):
            tally.write(numbers)
    leave(arguments.output, 0, tally.summary())
