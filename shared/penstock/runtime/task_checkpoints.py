"""One task's part in checkpoints: takes its snapshot, hands it to an upload, answers for it. No barriers here.

Belongs to the mailbox loop; only the answers come out of an upload's thread.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from penstock.checkpoint.handles import SubtaskState
from penstock.coordination.failure import Failure
from penstock.coordination.messages import AckMetrics, CheckpointAcked, CheckpointDeclined
from penstock.exchange.elements import CheckpointBarrier
from penstock.exchange.events import Alignment
from penstock.exchange.input_gate import InputGate
from penstock.exchange.output_writer import OutputWriter, Parked
from penstock.exchange.unaligned import Recording
from penstock.graph.job_graph import JobGraph
from penstock.graph.key_groups import key_group_range
from penstock.operators.chain import OperatorChain
from penstock.operators.registry import SubtaskInfo
from penstock.runtime.failure import failure_of
from penstock.runtime.in_flight import of_input, of_output
from penstock.runtime.snapshot import ChannelsSnapshot, channels_snapshot
from penstock.runtime.task_local import TaskLocal, sent_by, taken_by
from penstock.runtime.uploads import SubtaskPart, Upload, UploadPool
from penstock.state.snapshot import OperatorSnapshot

Answer: TypeAlias = CheckpointAcked | CheckpointDeclined


@dataclass(frozen=True, slots=True)
class Completed:
    """A checkpoint that this attempt has a part in exists for good."""

    ended: bool  #: the part was taken with all input taken and all output sent


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a snapshot is taken. `began`: of the synchronous part, by `time.monotonic`; `parked`: output that the
    barrier overtook; `recording`: of input that it did, None where the barriers are aligned."""

    alignment: Alignment
    began: float
    ended: bool
    parked: Mapping[int, Sequence[Parked]] = field(default_factory=dict)
    recording: Recording | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A snapshot with all but what is in flight; `submit` releases it where it fails."""

    part: SubtaskPart
    recording: Recording | None
    submit: Callable[[], Upload]

    @property
    def is_ready(self) -> bool:
        return self.recording is None or self.recording.is_over


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
        local: TaskLocal | None = None,
    ) -> None:
        self._local, self._decided = local, 0 if local is None else local.decided
        self._graph, self._vertex, self._info = graph, graph.vertex(vertex), info
        self._gate, self._writers, self._pool, self._report = gate, writers, pool, report
        self._uploads: dict[int, Upload] = {}
        self._aborted: set[int] = set()
        self._base: SubtaskState | None = None
        self._waiting: _Waiting | None = None

    @property
    def is_task_local(self) -> bool:
        """Whether the task may be restarted by itself."""
        return self._local is not None

    def restored(self, base: SubtaskState | None) -> None:
        """The task goes on from a checkpoint; `base`: what the next ones may build on."""
        self._base = base

    def send(self, barrier: CheckpointBarrier) -> dict[int, list[Parked]]:
        """The barrier to all consumers. An unaligned one goes ahead of what waits for credit, which is returned by edge
        number."""
        if barrier.options.unaligned:
            return {number: writer.overtake(barrier) for number, writer in self._writers.items()}
        for writer in self._writers.values():
            writer.broadcast(barrier)
        return {}

    def take(self, chain: OperatorChain, barrier: CheckpointBarrier, cut: Cut) -> None:
        """The snapshot as of now, the barrier having been sent on; nothing of one that was aborted before.

        What goes wrong declines the checkpoint, no more.
        """
        checkpoint = barrier.checkpoint_id
        self.go_on()
        if cut.recording is not None:
            # there is one recording at a time, and it is this one's now
            self._give_up_waiting()
        if checkpoint in self._aborted or checkpoint <= self._decided:
            self._gate.stop_recording(checkpoint)
            return
        # by the wall clock, which the trigger's time is of
        first_ms = time.time() * 1000 - (cut.alignment.seconds + time.monotonic() - cut.began) * 1000
        try:
            waiting = self._begin(chain, barrier, cut, first_ms)
            if waiting.is_ready:
                self._uploads[checkpoint] = waiting.submit()
            else:
                self._waiting = waiting
        except (Exception, SystemExit) as e:
            failure = failure_of(e, self._info.task_name_with_subtasks)
            where = "".join(f" ({note})" for note in getattr(e, "__notes__", ()))
            self.decline(checkpoint, msgspec.structs.replace(failure, message=failure.message + where))
            self._gate.stop_recording(checkpoint)

    def go_on(self) -> None:
        """Between two steps: hand over the snapshot that waited for what is in flight, once all of that is known."""
        waiting = self._waiting
        if waiting is None or not waiting.is_ready:
            return
        self._waiting = None
        try:
            self._uploads[waiting.part.checkpoint] = waiting.submit()
        except Exception as e:
            self.decline(waiting.part.checkpoint, failure_of(e, self._info.task_name_with_subtasks))

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
        if (retention := self._gate.retention) is not None:
            retention.completed(checkpoint)
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
        self._gate.stop_recording(checkpoint)
        if (retention := self._gate.retention) is not None:
            retention.aborted(checkpoint)
        if self._waiting is not None and self._waiting.part.checkpoint <= checkpoint:
            self._give_up_waiting()
        upload = self._uploads.pop(checkpoint, None)
        if upload is not None:
            self._pool.cancel(upload)
        return True

    def close(self) -> None:
        """The task has ended otherwise than well: what is not written stays so. What is stays, too: the checkpoint may
        be complete, which only the JobMaster knows."""
        self._give_up_waiting()
        for upload in self._uploads.values():
            upload.cancel()
        self._uploads.clear()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _give_up_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.part.release()

    def _begin(self, chain: OperatorChain, barrier: CheckpointBarrier, cut: Cut, first_ms: float) -> _Waiting:
        checkpoint, options, alignment, recording = barrier.checkpoint_id, barrier.options, cut.alignment, cut.recording
        sent = {number: writer.sequences() for number, writer in self._writers.items()}
        snapshot = dataclasses.replace(
            channels_snapshot(self._graph, self._gate.snapshot(), sent),
            subtask=self._info.subtask,
            parallelism=self._info.parallelism,
            output=of_output(self._graph, cut.parked),
        )
        if self._local is not None:
            snapshot = self._with_positions(snapshot, self._local, chain, checkpoint)
        bytes_in = self._gate.bytes_in
        taken = chain.snapshot(checkpoint)
        part = SubtaskPart(
            checkpoint=checkpoint,
            options=options,
            vertex=self._vertex.id,
            subtask=self._info.subtask,
            attempt=self._info.attempt,
            operators=self._by_id(taken),
            channels=None,
            ended=cut.ended,
            base=None if options.savepoint or options.full else self._base,
            key_groups=key_group_range(self._info.subtask, self._info.parallelism, self._info.max_parallelism),
        )
        sync_ms = int((time.monotonic() - cut.began) * 1000)

        def submit() -> Upload:
            try:
                whole = snapshot
                if recording is not None:
                    if recording.error is not None:
                        raise recording.error
                    whole = dataclasses.replace(snapshot, input=of_input(self._graph, recording.elements))
                aligning = alignment.seconds if recording is None else recording.seconds
                processed = alignment.bytes if recording is None else self._gate.bytes_in - bytes_in

                def done(state: SubtaskState, seconds: float) -> None:
                    metrics = AckMetrics(
                        start_delay=max(0, int(first_ms) - options.timestamp) if options.timestamp else 0,
                        alignment=int(aligning * 1000),
                        sync=sync_ms,
                        asynchronous=int(seconds * 1000),
                        processed_bytes=processed,
                        persisted_bytes=whole.input.bytes + whole.output.bytes,
                        unaligned=recording is not None or bool(whole.output),
                    )
                    self._acknowledge(checkpoint, state, metrics, whole)

                edges = tuple(sorted(whole.input.edges() | whole.output.edges(), key=str))
                full = dataclasses.replace(part, channels=whole.dumps(), in_flight=edges)
                return self._pool.submit(full, done, lambda e: self.decline(checkpoint, self._explained(e)))
            except BaseException:
                part.release()
                raise

        return _Waiting(part, recording, submit)

    def _by_id(self, taken: Mapping[int, OperatorSnapshot]) -> dict[str, OperatorSnapshot]:
        nodes = self._vertex.operators
        return {nodes[index].id: snapshot for index, snapshot in taken.items()}

    def _with_positions(
        self, snapshot: ChannelsSnapshot, local: TaskLocal, chain: OperatorChain, checkpoint: int
    ) -> ChannelsSnapshot:
        gate, retention = snapshot.gate, self._gate.retention
        if retention is not None and gate is not None and gate.resume is not None:
            retention.snapshot(checkpoint, gate.resume)
        positions = {edge.number: edge.snapshot() for edge in chain.edges}
        known = {number: position for number, position in positions.items() if position is not None}
        return dataclasses.replace(snapshot, logs=local.logs, partitioners=known)

    def _acknowledge(
        self, checkpoint: int, state: SubtaskState, metrics: AckMetrics, snapshot: ChannelsSnapshot
    ) -> None:
        subtask, gate = self._info.subtask, snapshot.gate if self._local is not None else None
        self._report(
            CheckpointAcked(
                time=time.time_ns() // 1_000_000,
                checkpoint=checkpoint,
                vertex=self._vertex.id,
                subtask=self._info.subtask,
                attempt=self._info.attempt,
                state=state,
                metrics=metrics,
                sent=None if gate is None else sent_by(subtask, snapshot.sent),
                taken=None if gate is None else taken_by(subtask, gate),
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
