"""What the slot manager decided in one go: becomes one guarded commit, or nothing at all."""

from dataclasses import dataclass, field

from penstock.coordination.messages import SlotLost, TaskManagerCommand
from penstock.coordination.rows import DemandRow, LedgerRow, TaskManagerRow, WorkerRow

Row = TaskManagerRow | LedgerRow | DemandRow | WorkerRow


@dataclass(slots=True)
class Decision:
    """`rows`: changed rows by name, None deletes. `removed`: (TaskManager, incarnation) to unregister afterwards."""

    rows: dict[str, Row | None] = field(default_factory=dict)
    job_events: list[tuple[str, SlotLost]] = field(default_factory=list)
    commands: list[tuple[str, TaskManagerCommand]] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.job_events or self.commands or self.removed)
