"""A sink that adds up results, and leaves with their sum the CPU seconds that its process took from opening to end."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from summary_sink import SummarySink

#: results of a batch -> what is added up
Number = Callable[[Sequence[Any]], int]


class CpuTally:
    def __init__(self, number: Number) -> None:
        self._number, self._began = number, time.process_time()
        self._results = self._sum = 0

    def write(self, values: Sequence[Any]) -> None:
        self._results += len(values)
        self._sum += self._number(values)

    def summary(self) -> dict[str, float]:
        """`cpu`: seconds of this process since the tally was made."""
        return {"results": self._results, "sum": self._sum, "cpu": time.process_time() - self._began}


def cpu_sink(number: Number, folder: str) -> SummarySink:
    """`folder`: where each subtask leaves a `CpuTally`'s summary."""
    return SummarySink(partial(CpuTally, number), folder)
