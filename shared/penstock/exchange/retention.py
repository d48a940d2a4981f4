"""How much of an input log is kept for a replay, and what that asks for (docs/exchange.md, "Credit"). Pure.

A log is trimmed up to the resume position of the last completed checkpoint. At half of the bound a checkpoint is asked
for; at the bound the consumer withholds credit until one is complete, or retention is given up.
"""

from collections import deque
from enum import IntEnum

from penstock.exchange.alignment import EntryId


class Level(IntEnum):
    """Of what is retained."""

    LOW = 0
    HALF = 1  #: of the bound
    FULL = 2


class Retention:
    """Of one input log. `bound` in bytes; `keep`: the lowest id that a restarted task needs.

    ON --off--> OFF --a snapshot--> PROVISIONAL --that checkpoint completes--> ON
                                        +-- it fails, or the bound is reached --> OFF
    Only snapshots of checkpoints from `off`'s on count. The barrier comes by the log, `off` from the JobMaster: where
    the barrier is first, ON --off--> PROVISIONAL.
    """

    def __init__(self, bound: int, keep: EntryId) -> None:
        self.bytes = 0  #: read since `keep`
        self.is_on = True  #: False: the log is trimmed to what is consumed, as without task-local failover
        self._is_provisional = False  #: on for the sake of a checkpoint that is not complete yet
        self._bound, self._keep = bound, keep
        self._read: deque[tuple[EntryId, int]] = deque()  #: the last id of each piece that was read, its bytes
        self._resumes: dict[int, EntryId] = {}  #: checkpoint -> where it would be resumed
        self._told = Level.LOW
        self._first = 0  #: checkpoints below it do not count: the JobMaster has given up what is kept for them
        self.has_moved = False  #: whether more may be trimmed since that was last looked at

    @property
    def level(self) -> Level:
        if not self.is_on or self._is_provisional or 2 * self.bytes < self._bound:
            return Level.LOW
        return Level.FULL if self.bytes >= self._bound else Level.HALF

    @property
    def withholds(self) -> bool:
        """Whether producers are to append control entries only."""
        return self.level is Level.FULL

    def read(self, last: EntryId, size: int) -> None:
        """A piece of the log up to `last` was read."""
        if not self.is_on:
            return
        self._read.append((last, size))
        self.bytes += size
        self._bound_provisional()

    def position(self, consumed: EntryId) -> EntryId:
        """Up to where the log may be trimmed of which all before `consumed` is consumed."""
        return min(self._keep, consumed) if self.is_on else consumed

    def news(self) -> Level | None:
        """A level that was risen to since the last time; None: nothing to tell."""
        level = self.level
        if level <= self._told:
            return None
        self._told = level
        return level

    def begin(self, resume: EntryId) -> None:
        """The task goes on from a checkpoint that is complete."""
        self._keep = resume

    # -- checkpoints -------------------------------------------------------------------------------------------------
    def snapshot(self, checkpoint: int, resume: EntryId) -> None:
        """The task has its part in a checkpoint; all before `resume` is consumed."""
        if checkpoint < self._first:
            return
        self._resumes[checkpoint] = resume
        if not self.is_on:
            self.is_on = self._is_provisional = True
            self._keep = resume

    def completed(self, checkpoint: int) -> None:
        """It exists for good: a restarted task begins there."""
        resume = self._resumes.get(checkpoint)
        if resume is None:
            return
        self._resumes = {n: at for n, at in self._resumes.items() if n > checkpoint}
        if not self.is_on or resume < self._keep:
            return
        self._is_provisional = False
        self._keep_from(resume)

    def aborted(self, checkpoint: int) -> None:
        """It will not be."""
        self._resumes.pop(checkpoint, None)
        self._told = Level.LOW  # what was asked for did not come
        if self._is_provisional and not self._resumes:
            self._give_up()

    def off(self, checkpoint: int) -> None:
        """Keep nothing until a checkpoint of at least this number is complete; of one that the task has its part in
        already, what it needs is kept."""
        self._first = checkpoint
        self._resumes = {n: at for n, at in self._resumes.items() if n >= checkpoint}
        if not self._resumes:
            self._give_up()
            return
        self._is_provisional = True
        self._keep_from(min(self._resumes.values()))
        self._bound_provisional()

    # -- inside --------------------------------------------------------------------------------------------------------
    def _keep_from(self, resume: EntryId) -> None:
        self._keep = resume
        while self._read and self._read[0][0] < resume:
            self.bytes -= self._read.popleft()[1]
        self._told, self.has_moved = Level.LOW, True

    def _bound_provisional(self) -> None:
        if self._is_provisional and self.bytes >= self._bound:
            self._give_up()

    def _give_up(self) -> None:
        self.is_on = self._is_provisional = False
        self._read.clear()
        self._resumes.clear()
        self.bytes = 0
        self._told, self.has_moved = Level.LOW, True
