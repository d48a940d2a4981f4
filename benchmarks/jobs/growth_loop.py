"""The limit of growth_job.py: the same functions in a plain loop, as a user writes them one into the other."""

from collections.abc import Callable, Iterator
from typing import Any

from cpu_sink import CpuTally
from growth_functions import add, growth_arguments, key, pair_of, second_sum, step
from tally import leave_summary

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
    arguments = growth_arguments(__doc__)
    tally: CpuTally
    if arguments.keys:
        tally = CpuTally(second_sum)
        for pairs in counted(arguments.records, arguments.keys):
            tally.write(pairs)
    else:
        tally = CpuTally(sum)
        for numbers in chained(arguments.records, arguments.chain):
            tally.write(numbers)
    leave_summary(arguments.output, "0", tally.summary())
