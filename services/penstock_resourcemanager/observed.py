"""What the shell read before it asked for a decision. The slot manager itself reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.coordination.rows import SlotRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """`now`: monotonic seconds of the leader.

    registered: TaskManager -> incarnation of its newest registration; None where it was not read. Needed to take
        TaskManagerRegistered events: a late copy of an old one must not bring a dead incarnation back.
    ended: jobs that have a tombstone.
    lost: TaskManager -> the incarnation whose heartbeat fell silent.
    slots: the slot rows of some TaskManagers.
    workers: ids of the workers that run; None: there is no driver, or it was not asked.
    """

    now: float
    time: int = 0  #: ms since the epoch, for display
    registered: Mapping[str, str] | None = None
    ended: frozenset[str] = frozenset()
    lost: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Mapping[int, SlotRow]] = field(default_factory=dict)
    workers: frozenset[str] | None = None
