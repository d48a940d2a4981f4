"""CheckpointHistory: what Redis holds of a job's checkpoints. Acknowledgements are decoded when they are asked for."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from penstock.coordination.messages import decode
from penstock.coordination.rows import AckRow, CheckpointRow, CheckpointsRow, CheckpointTasksRow, TaskStats

T = TypeVar("T")

_UNDECIDED = ("PENDING", "WRITING")


class CheckpointHistory:
    """`checkpoints`: the newest first."""

    def __init__(
        self, counters: CheckpointsRow, checkpoints: Sequence[CheckpointRow], details: Mapping[str, bytes]
    ) -> None:
        """`details`: the rows `ack:…` and `checkpoint-tasks:…`, not decoded."""
        self.counters = counters
        self.checkpoints = tuple(sorted(checkpoints, key=lambda c: c.checkpoint, reverse=True))
        self._details = dict(details)

    def checkpoint(self, number: int) -> CheckpointRow:
        """KeyError: never taken, or no longer remembered."""
        for row in self.checkpoints:
            if row.checkpoint == number:
                return row
        raise KeyError(number)

    @property
    def undecided(self) -> list[CheckpointRow]:
        """Those that are under way."""
        return [c for c in self.checkpoints if c.status in _UNDECIDED]

    @property
    def completed(self) -> list[CheckpointRow]:
        """Checkpoints and savepoints, the newest first."""
        return [c for c in self.checkpoints if c.status == "COMPLETED"]

    @property
    def latest_completed(self) -> CheckpointRow | None:
        """The newest completed one, of either kind."""
        return next(iter(self.completed), None)

    def tasks(self, number: int) -> list[TaskStats]:
        """Who has acknowledged, in the order of vertices and subtasks. ValueError names a row that cannot be read."""
        decided = self._details.get(f"checkpoint-tasks:{number}")
        if decided is not None:
            found = list(_read(f"checkpoint-tasks:{number}", decided, CheckpointTasksRow).tasks)
        else:
            prefix = f"ack:{number}:"
            acks = (_read(name, raw, AckRow) for name, raw in self._details.items() if name.startswith(prefix))
            found = [_stats(ack) for ack in acks]
        return sorted(found, key=lambda task: (task.vertex, task.subtask))


def _stats(ack: AckRow) -> TaskStats:
    return TaskStats(
        vertex=ack.vertex,
        subtask=ack.subtask,
        time=ack.time,
        size=ack.state.size,
        new_bytes=ack.state.new_bytes,
        metrics=ack.metrics,
    )


def _read(name: str, raw: bytes, kind: type[T]) -> T:
    try:
        return decode(raw, kind)
    except (ValueError, msgspec.ValidationError) as error:
        raise ValueError(f"row {name} cannot be read: {error}") from error
