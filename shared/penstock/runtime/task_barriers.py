"""What a task does about checkpoints, between two steps: triggers and notices from the JobMaster, barriers by its gate.

A barrier leaves behind everything that the task has emitted, and the snapshot is taken right then.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence

from penstock.exchange.elements import CancelCheckpoint, CheckpointBarrier
from penstock.exchange.events import NO_ALIGNMENT, Alignment, BarrierEvent, CancelEvent
from penstock.exchange.input_gate import Overtaken
from penstock.exchange.output_writer import OutputWriter
from penstock.exchange.unaligned import Recording
from penstock.operators.chain import OperatorChain
from penstock.runtime.task_checkpoints import Cut, TaskCheckpoints
from penstock.runtime.task_end import TaskEnd


class TaskBarriers:
    """`is_head`: whether the task has no producer that would send it barriers. `drain` ends a source's input.

    `catches_up`: with task-local failover a trigger waits until all has been sent again that consumers have taken.
    `is_source` is known once the chain is built.
    """

    def __init__(
        self,
        checkpoints: TaskCheckpoints,
        writers: Sequence[OutputWriter],
        end: TaskEnd,
        is_head: Callable[[], bool],
        drain: Callable[[], None],
        catches_up: bool = False,
    ) -> None:
        self.checkpoints = checkpoints
        self.is_source = False
        self._writers, self._end = writers, end
        self._is_head, self._drain, self._catches_up = is_head, drain, catches_up
        self._notices: deque[Callable[[OperatorChain], None]] = deque()
        self._triggers: deque[CheckpointBarrier] = deque()
        self._behind: deque[CheckpointBarrier] = deque()  #: triggers that wait until consumers' positions are reached

    # -- by command --------------------------------------------------------------------------------------------------

    def trigger(self, barrier: CheckpointBarrier) -> None:
        """Start a checkpoint at this head task, with the next `run`."""
        self._notices.append(lambda chain: self._triggered(chain, barrier))

    def complete(self, checkpoint: int) -> None:
        """A checkpoint exists for good; told to the operators with the next `run`."""
        self._notices.append(lambda chain: self._completed(chain, checkpoint))

    def abort(self, checkpoint: int, epoch: int) -> None:
        """A checkpoint will not be. `epoch`: of the JobMaster that says so."""
        self._notices.append(lambda chain: self._aborted(chain, checkpoint, epoch, self._is_head()))

    @property
    def has_notices(self) -> bool:
        return bool(self._notices) or (bool(self._behind) and self._is_caught_up())

    def run(self, chain: OperatorChain) -> None:
        """Do what was commanded, in order. Raises what the operators raise: the task has failed."""
        while self._behind and self._is_caught_up():
            self._begin(chain, self._behind.popleft())
        while self._notices:
            self._notices.popleft()(chain)

    # -- by the input ------------------------------------------------------------------------------------------------

    def on_barrier(self, chain: OperatorChain, event: BarrierEvent) -> None:
        """The gate's barriers of a checkpoint are there."""
        barrier = CheckpointBarrier(event.checkpoint_id, event.options)
        self._pass(chain, barrier, event.alignment, self._end.ended and not event.overtaken)

    def on_overtaken(self, chain: OperatorChain, overtaken: Overtaken) -> None:
        """The first barrier of an unaligned checkpoint is ahead: what is in flight belongs to it."""
        event = overtaken.event
        barrier = CheckpointBarrier(event.checkpoint_id, event.options)
        self._pass(chain, barrier, event.alignment, False, overtaken.recording)

    def on_cancel(self, chain: OperatorChain, event: CancelEvent) -> None:
        """A cancel entry has come to its turn."""
        self._aborted(chain, event.checkpoint_id, event.epoch, True)

    def ended(self, chain: OperatorChain) -> None:
        """The task has emitted all it had: what was triggered meanwhile comes behind that."""
        while self._triggers:
            self._pass(chain, self._triggers.popleft(), NO_ALIGNMENT, True)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _is_caught_up(self) -> bool:
        return all(writer.is_caught_up for writer in self._writers)

    def _triggered(self, chain: OperatorChain, barrier: CheckpointBarrier) -> None:
        if self._catches_up and (self._behind or not self._is_caught_up()):
            self._behind.append(barrier)
        else:
            self._begin(chain, barrier)

    def _begin(self, chain: OperatorChain, barrier: CheckpointBarrier) -> None:
        end = self._end
        if end.ended:
            self._pass(chain, barrier, NO_ALIGNMENT, True)
        elif self.is_source and not end.input_ended and barrier.options.stop != "drain":
            self._pass(chain, barrier, NO_ALIGNMENT, False)
        else:
            # behind the end: nothing that is still to be taken or emitted would be part of a later snapshot
            self._triggers.append(barrier)
            if self.is_source and not end.input_ended:
                self._drain()

    def _pass(
        self,
        chain: OperatorChain,
        barrier: CheckpointBarrier,
        alignment: Alignment,
        ended: bool,
        recording: Recording | None = None,
    ) -> None:
        began = time.monotonic()
        chain.prepare_snapshot(barrier.checkpoint_id)
        parked = self.checkpoints.send(barrier)
        if barrier.options.stop == "suspend" and not self._end.ended:
            self._end.suspended = barrier.checkpoint_id
        self.checkpoints.take(chain, barrier, Cut(alignment, began, ended, parked, recording))

    def _completed(self, chain: OperatorChain, checkpoint: int) -> None:
        completed = self.checkpoints.complete(checkpoint)
        if completed is not None:
            chain.notify_complete(checkpoint)
            self._end.completed(checkpoint, completed.ended)

    def _aborted(self, chain: OperatorChain, checkpoint: int, epoch: int, forwards: bool) -> None:
        for waiting in (self._triggers, self._behind):
            for barrier in [b for b in waiting if b.checkpoint_id == checkpoint]:
                waiting.remove(barrier)
        if forwards:
            # to channels in memory: in the logs it stands already
            for writer in self._writers:
                writer.broadcast(CancelCheckpoint(checkpoint, epoch))
        self._end.aborted(checkpoint)
        if self.checkpoints.abort(checkpoint):
            chain.notify_aborted(checkpoint)
