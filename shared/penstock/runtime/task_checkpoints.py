"""One task's part in checkpoints: takes its snapshot, hands it to an upload, answers for it. No barriers here.

Belongs to the mailbox loop; only the answers come out of an upload's thread.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from penstock.checkpoint.handles import SubtaskState
from penstock.coordination.messages import AckMetrics, CheckpointAcked, CheckpointDeclined, Failure
from penstock.exchange.elements import CheckpointBarrier
from penstock.exchange.events import Alignment
from penstock.exchange.input_gate import InputGate
from penstock.exchange.output_writer import OutputWriter
from penstock.graph.job_graph import JobGraph
from penstock.graph.key_groups import key_group_range
from penstock.operators.chain import OperatorChain
from penstock.operators.registry import SubtaskInfo
from penstock.runtime.failure import failure_of
from penstock.runtime.snapshot import channels_snapshot
from penstock.runtime.uploads import SubtaskPart, Upload, UploadPool
from penstock.state.snapshot import OperatorSnapshot

Answer: TypeAlias = CheckpointAcked | CheckpointDeclined


@dataclass(frozen=True, slots=True)
class Completed:
    """A checkpoint that this attempt has a part in exists for good."""

    ended: bool  #: the part was taken with all input taken and all output sent


class TaskCheckpoints:
    """`report` is called in the threads of the pool too. `writers`: by edge number."""

    def __init__(
        self,
        graph: JobGraph,
        vertex: str,
        info: SubtaskInfo,
        gate: InputGate,
        writers: Mapping[int, OutputWriter],
        pool: UploadPool,
        report: Callable[[Answer], None],
    ) -> None:
        self._graph, self._vertex, self._info = graph, graph.vertex(vertex), info
        self._gate, self._writers, self._pool, self._report = gate, writers, pool, report
        self._uploads: dict[int, Upload] = {}
        self._aborted: set[int] = set()
        self._base: SubtaskState | None = None

    def restored(self, base: SubtaskState | None) -> None:
        """The task goes on from a checkpoint; `base`: what the next ones may build on."""
        self._base = base

    def take(
        self, chain: OperatorChain, barrier: CheckpointBarrier, alignment: Alignment, began: float, ended: bool
    ) -> None:
        """The snapshot as of now, the barrier having been sent on; nothing of one that was aborted before.

        `began`: of the synchronous part, by `time.monotonic`. What goes wrong declines the checkpoint, no more.
        """
        checkpoint = barrier.checkpoint_id
        if checkpoint in self._aborted:
            return
        # by the wall clock, which the trigger's time is of
        first_ms = time.time() * 1000 - (alignment.seconds + time.monotonic() - began) * 1000
        try:
            self._uploads[checkpoint] = self._begin(chain, barrier, alignment, began, ended, first_ms)
        except (Exception, SystemExit) as e:
            failure = failure_of(e, self._info.task_name_with_subtasks)
            where = "".join(f" ({note})" for note in getattr(e, "__notes__", ()))
            self.decline(checkpoint, msgspec.structs.replace(failure, message=failure.message + where))

    def decline(self, checkpoint: int, failure: Failure) -> None:
        """Say that this task cannot do its part."""
        self._report(
            CheckpointDeclined(
                time=time.time_ns() // 1_000_000,
                checkpoint=checkpoint,
                vertex=self._vertex.id,
                subtask=self._info.subtask,
                attempt=self._info.attempt,
                failure=failure,
            )
        )

    def complete(self, checkpoint: int) -> Completed | None:
        """The checkpoint exists for good; None where this attempt has no part in it."""
        upload = self._uploads.get(checkpoint)
        if upload is None or upload.state is None:
            return None
        if not upload.part.options.savepoint:
            # a savepoint is the user's, who may remove it: nothing may refer to its files
            self._base = upload.state
        for n in [n for n, u in self._uploads.items() if n == checkpoint or (n < checkpoint and u.state is not None)]:
            del self._uploads[n]
        self._aborted = {n for n in self._aborted if n > checkpoint}
        return Completed(upload.part.ended)

    def abort(self, checkpoint: int) -> bool:
        """The checkpoint will not be: stop writing, remove what was written. False where that was known."""
        if checkpoint in self._aborted:
            return False
        self._aborted.add(checkpoint)
        upload = self._uploads.pop(checkpoint, None)
        if upload is not None:
            self._pool.cancel(upload)
        return True

    def close(self) -> None:
        """The task has ended otherwise than well: what is not written stays so. What is stays, too: the checkpoint may
        be complete, which only the JobMaster knows."""
        for upload in self._uploads.values():
            upload.cancel()
        self._uploads.clear()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _begin(
        self,
        chain: OperatorChain,
        barrier: CheckpointBarrier,
        alignment: Alignment,
        began: float,
        ended: bool,
        first_ms: float,
    ) -> Upload:
        checkpoint, options = barrier.checkpoint_id, barrier.options
        sent = {number: writer.sequences() for number, writer in self._writers.items()}
        channels = channels_snapshot(self._graph, self._gate.snapshot(), sent).dumps()
        taken = chain.snapshot(checkpoint)
        part = SubtaskPart(
            checkpoint=checkpoint,
            options=options,
            vertex=self._vertex.id,
            subtask=self._info.subtask,
            attempt=self._info.attempt,
            operators=self._by_id(taken),
            channels=channels,
            ended=ended,
            base=None if options.savepoint or options.full else self._base,
            key_groups=key_group_range(self._info.subtask, self._info.parallelism, self._info.max_parallelism),
        )
        sync_ms = int((time.monotonic() - began) * 1000)

        def done(state: SubtaskState, seconds: float) -> None:
            metrics = AckMetrics(
                start_delay=max(0, int(first_ms) - options.timestamp) if options.timestamp else 0,
                alignment=int(alignment.seconds * 1000),
                sync=sync_ms,
                asynchronous=int(seconds * 1000),
                processed_bytes=alignment.bytes,
            )
            self._acknowledge(checkpoint, state, metrics)

        try:
            return self._pool.submit(part, done, lambda e: self.decline(checkpoint, self._explained(e)))
        except BaseException:
            part.release()
            raise

    def _by_id(self, taken: Mapping[int, OperatorSnapshot]) -> dict[str, OperatorSnapshot]:
        nodes = self._vertex.operators
        return {nodes[index].id: snapshot for index, snapshot in taken.items()}

    def _acknowledge(self, checkpoint: int, state: SubtaskState, metrics: AckMetrics) -> None:
        self._report(
            CheckpointAcked(
                time=time.time_ns() // 1_000_000,
                checkpoint=checkpoint,
                vertex=self._vertex.id,
                subtask=self._info.subtask,
                attempt=self._info.attempt,
                state=state,
                metrics=metrics,
            )
        )

    def _explained(self, error: Exception) -> Failure:
        failure = failure_of(error, self._info.task_name_with_subtasks)
        return msgspec.structs.replace(failure, message=named(failure.message, self._names()))

    def _names(self) -> Sequence[tuple[str, str]]:
        return [(node.id, node.name) for node in self._vertex.operators]


def named(message: str, names: Sequence[tuple[str, str]]) -> str:
    """The message with operators' ids told by name too."""
    for operator, name in names:
        message = message.replace(operator, f"{name!r} ({operator})")
    return message
