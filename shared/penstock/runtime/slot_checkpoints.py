"""A slot's commands about checkpoints, passed on to its tasks in the mailbox loop."""

from collections.abc import Callable, Mapping

import msgspec

from penstock.client.config import Configuration
from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointDeclined, TaskAttempt, TriggerCheckpoint
from penstock.exchange.elements import CheckpointBarrier
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState
from penstock.runtime.checkpoint_files import checkpoint_files
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.task import Task
from penstock.runtime.task_checkpoints import Answer
from penstock.runtime.uploads import UploadPool

#: seconds that a released slot waits for its uploads to notice
_LAST_UPLOADS = 2.0


class SlotCheckpoints:
    """`known`: (vertex, subtask, attempt) -> task."""

    def __init__(
        self,
        runner: SlotRunner,
        known: Mapping[tuple[str, int, int], Task],
        report: Callable[[Answer], None],
    ) -> None:
        self._runner, self._known, self._report = runner, known, report
        self._pool: UploadPool | None = None
        #: with task-local failover barriers never overtake: a snapshot is a position in the logs
        self.aligned = False

    def pool(self, configuration: Configuration, graph: JobGraph) -> UploadPool:
        """The one of the slot, made with its first deployment."""
        if self._pool is None:
            self._pool = UploadPool(lambda: checkpoint_files(configuration, graph))
        return self._pool

    def trigger(self, command: TriggerCheckpoint) -> None:
        """Have its tasks begin the checkpoint. One that does not run here cannot."""
        options = command.options
        if self.aligned and options.unaligned:
            options = msgspec.structs.replace(options, unaligned=False)
        barrier = CheckpointBarrier(command.checkpoint, options)
        for attempt in command.tasks:
            task = self._known.get((attempt.vertex, attempt.subtask, attempt.attempt))
            if task is None or task.state.is_terminal:
                self._decline(command.checkpoint, attempt, "unknown here" if task is None else task.state.value)
            else:
                task.trigger_checkpoint(barrier)

    def complete(self, checkpoint: int) -> None:
        for task in self._runner.tasks:
            if task.state is ExecutionState.RUNNING:
                task.checkpoint_complete(checkpoint)

    def abort(self, checkpoint: int, epoch: int) -> None:
        for task in self._runner.tasks:
            task.checkpoint_aborted(checkpoint, epoch)

    def close(self) -> None:
        """The tasks were closed before, and with them their uploads cancelled."""
        if self._pool is not None:
            self._pool.close(_LAST_UPLOADS)

    def _decline(self, checkpoint: int, attempt: TaskAttempt, state: str) -> None:
        why = f"attempt {attempt.attempt} of {attempt.vertex} subtask {attempt.subtask} does not run: it is {state}"
        self._report(
            CheckpointDeclined(
                checkpoint=checkpoint,
                vertex=attempt.vertex,
                subtask=attempt.subtask,
                attempt=attempt.attempt,
                failure=Failure(message=why),
            )
        )
