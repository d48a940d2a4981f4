"""A sink that adds up results, and leaves with their sum the CPU seconds that its process took from opening to end."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from penstock.operators.specs import WriterContext

#: results of a batch -> what is added up
Number = Callable[[Sequence[Any]], int]


class CpuSink:
    """`folder`: where each subtask leaves a `CpuTally`'s summary."""

    def __init__(self, number: Number, folder: str) -> None:
        self._number, self._folder = number, folder

    def create_writer(self, context: WriterContext) -> "CpuWriter":
        return CpuWriter(self._number, context.subtask)

    def commit(self, committables: Sequence[Any]) -> None:
        for subtask, content in committables:
            leave(self._folder, subtask, content)


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


class CpuWriter:
    def __init__(self, number: Number, subtask: int) -> None:
        self._tally, self._subtask = CpuTally(number), subtask
        self._has_ended = False
        self.write = self._tally.write

    def end_input(self) -> None:
        self._has_ended = True

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[tuple[int, dict[str, float]]]:
        if not self._has_ended:
            return []
        self._has_ended = False
        return [(self._subtask, self._tally.summary())]

    def close(self) -> None: ...


def leave(folder: str, subtask: int, content: dict[str, float]) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, f"{subtask}.json").write_text(json.dumps(content), encoding="ascii")
