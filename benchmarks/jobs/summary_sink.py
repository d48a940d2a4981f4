"""A sink that keeps a tally in each subtask, and leaves its summary in the end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tally import Tally, leave_summary

from penstock.operators.specs import WriterContext


class SummarySink:
    """`tally`: makes one when a subtask opens. `folder`: where each subtask leaves its summary."""

    def __init__(self, tally: Callable[[], Tally], folder: str) -> None:
        self._tally, self._folder = tally, folder

    def create_writer(self, context: WriterContext) -> "SummaryWriter":
        return SummaryWriter(self._tally(), context.subtask)

    def commit(self, committables: Sequence[Any]) -> None:
        for subtask, content in committables:
            leave_summary(self._folder, str(subtask), content)


class SummaryWriter:
    def __init__(self, tally: Tally, subtask: int) -> None:
        self._tally, self._subtask = tally, subtask
        self._has_ended = False
        self.write = self._tally.write

    def end_input(self) -> None:
        self._has_ended = True

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[tuple[int, Mapping[str, float]]]:
        """Once, so that checkpoints on the way cost what the engine makes of them."""
        if not self._has_ended:
            return []
        self._has_ended = False
        return [(self._subtask, self._tally.summary())]

    def close(self) -> None: ...
