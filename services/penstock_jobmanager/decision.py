"""What a JobMaster decided: all of it is committed in one script, or nothing."""

from dataclasses import dataclass, field
from typing import TypeAlias

from penstock.coordination.messages import ResourceEvent, SlotCommand, TaskManagerCommand
from penstock.coordination.rows import (
    AckRow,
    AllocationRow,
    AttemptsRow,
    CheckpointRow,
    CheckpointsRow,
    CheckpointTasksRow,
    Claim,
    ExecutionRow,
    FailureRow,
    JobRow,
    RequestRow,
    RestartRow,
    Tombstone,
    TriggerRow,
)
from penstock_jobmanager.effects import Effect

Row: TypeAlias = (
    JobRow
    | ExecutionRow
    | AttemptsRow
    | AllocationRow
    | RequestRow
    | FailureRow
    | CheckpointsRow
    | CheckpointRow
    | AckRow
    | CheckpointTasksRow
    | TriggerRow
    | RestartRow
)


@dataclass(frozen=True, slots=True)
class ToSlot:
    """A command for the slot process that claims the allocation."""

    allocation: str
    command: SlotCommand


@dataclass(frozen=True, slots=True)
class ToTaskManager:
    """A command for a TaskManager's parent process."""

    taskmanager: str
    command: TaskManagerCommand


@dataclass(frozen=True, slots=True)
class ToResourceManager:
    """An event for the ResourceManager."""

    event: ResourceEvent


@dataclass(frozen=True, slots=True)
class SetClaim:
    """The claim row of an allocation."""

    allocation: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Forget:
    """The slot behind the allocation is gone for good, and so goes what was left for it to read."""

    allocation: str


@dataclass(frozen=True, slots=True)
class Bury:
    """The end: the tombstone is set, the job is no longer among the live ones, and what only a running job needs goes.

    `allocations`, `vertices`: all it ever had.
    """

    tombstone: Tombstone
    allocations: tuple[str, ...] = ()
    vertices: tuple[str, ...] = ()


Op: TypeAlias = ToSlot | ToTaskManager | ToResourceManager | SetClaim | Forget | Bury


@dataclass(slots=True)
class Decision:
    """Changed rows and outbox rows by name (None: deleted), and what goes out in the same commit, in order."""

    rows: dict[str, Row | None] = field(default_factory=dict)
    outbox: dict[str, Effect | None] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    #: effects that were taken out of the outbox, also where they were wanted again since: then once more
    withdrawn: set[str] = field(default_factory=set, compare=False)

    def __bool__(self) -> bool:
        return bool(self.rows or self.outbox or self.ops)

    def add(self, later: "Decision") -> None:
        """Take in what was decided next, so that both become one commit."""
        self.rows.update(later.rows)
        self.outbox.update(later.outbox)
        self.ops.extend(later.ops)
        self.withdrawn |= later.withdrawn
