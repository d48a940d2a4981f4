"""Checkpoints of a local job: one at a time, begun by the loop that runs it. The JobMaster's part, without takeovers.

Without `execution.checkpointing.dir` they are kept in memory, and gone with the program.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from penstock.checkpoint.errors import CheckpointStorageError
from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.metadata_building import metadata_of
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing as keys
from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointAcked, RestoreRef
from penstock.exchange.elements import CheckpointBarrier
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState, JobState
from penstock.graph.wiring import producers
from penstock.runtime.checkpoint_files import CheckpointFiles, CheckpointReader
from penstock.runtime.task import Task
from penstock.runtime.task_checkpoints import Answer
from penstock.runtime.task_factory import Checkpointing
from penstock.runtime.uploads import UploadPool

_log = structlog.get_logger(__name__)

Subtask = tuple[str, int]


@dataclass(slots=True)
class _Pending:
    checkpoint: int
    began: float  #: by `time.monotonic`
    expected: set[Subtask]
    states: dict[Subtask, SubtaskState] = field(default_factory=dict)


class LocalCheckpoints:
    """`submit` has the job's loop do something. All else belongs to that loop. ValueError: a key's value."""

    def __init__(
        self, graph: JobGraph, configuration: Configuration, submit: Callable[[Callable[[], None]], None]
    ) -> None:
        interval = configuration.find(keys.INTERVAL)
        assert interval is not None, "checkpoints are on"
        self._graph, self._submit = graph, submit
        self._interval = interval.total_seconds()
        self._pause = configuration.get(keys.MIN_PAUSE).total_seconds()
        self._timeout = configuration.get(keys.TIMEOUT).total_seconds()
        self._tolerable = configuration.get(keys.TOLERABLE_FAILURES)
        self._exactly_once = configuration.get(keys.MODE) is keys.Mode.EXACTLY_ONCE
        self._retained = configuration.get(keys.NUM_RETAINED)
        self._retention = configuration.get(keys.RETENTION)
        self._unaligned = self._exactly_once and configuration.get(keys.UNALIGNED)
        self._aligned_timeout = configuration.get(keys.ALIGNED_TIMEOUT).total_seconds()
        self._is_in_memory = not configuration.find(keys.DIR)
        if self._is_in_memory:
            configuration = configuration.with_overrides({keys.DIR.key: "memory://penstock-local"})
        self._storage = CheckpointStorage.of(configuration, graph.job_id)
        files = CheckpointFiles(self._storage, configuration.get(keys.INLINE_THRESHOLD))
        self._pool = UploadPool(lambda: files, "local-upload")
        self._tasks: Mapping[Subtask, Task] = {}
        self._exhausted: set[Subtask] = set()
        self._pending: _Pending | None = None
        self._completed: list[tuple[RestoreRef, CheckpointMetadata]] = []  #: the newest last
        self._next, self._failures, self._due = 1, 0, 0.0

    # -- attempts ----------------------------------------------------------------------------------------------------

    def for_tasks(self) -> Checkpointing:
        """What the tasks of a new attempt take part by; they begin with the newest checkpoint."""
        restore = None
        if self._completed:
            ref, metadata = self._completed[-1]
            restore = CheckpointReader(self._storage, metadata, self._graph, ref)
        return Checkpointing(self._pool, lambda a: self._submit(lambda: self._answered(a)), True, restore)

    def begin(self, tasks: Mapping[Subtask, Task]) -> None:
        """A new attempt of all tasks; nothing of the one before counts any more."""
        self._tasks, self._pending, self._failures = tasks, None, 0
        self._exhausted.clear()
        for key, task in tasks.items():
            task.on_exhausted = lambda key=key: self._exhausted.add(key)  # type: ignore[misc]  # mypy: a default
        self._due = time.monotonic() + self._interval

    def stop(self) -> None:
        """The attempts are over: what they still say of a checkpoint does not count."""
        self._tasks, self._pending = {}, None

    @property
    def newest(self) -> int:
        """The checkpoint that a new attempt begins with; 0: there is none."""
        return self._completed[-1][0].checkpoint if self._completed else 0

    def unusable(self, checkpoint: int) -> bool:
        """It cannot be restored: the one before it is to be. False where there is none."""
        self._completed = [c for c in self._completed if c[0].checkpoint < checkpoint]
        return bool(self._completed)

    def end(self, state: JobState) -> None:
        """The job is over. Checkpoints outlive it as `externalized-checkpoint-retention` says."""
        self._pool.close(2.0)
        keeps = not self._is_in_memory and (
            (state is JobState.FAILED and self._retention is not keys.Retention.NO_EXTERNALIZED_CHECKPOINTS)
            or (state is JobState.CANCELED and self._retention is keys.Retention.RETAIN_ON_CANCELLATION)
        )
        kept = self._completed if keeps else []
        try:
            self._storage.sweep([metadata for _, metadata in kept], upto=self._next)
            if not kept:
                self._storage.remove_job()
        except CheckpointStorageError as e:
            _log.warning("checkpoints are left behind", error=str(e))

    # -- rounds ------------------------------------------------------------------------------------------------------

    def wait(self) -> float | None:
        """Seconds until something is due; None: nothing is."""
        now = time.monotonic()
        if self._pending is not None:
            return max(0.0, self._pending.began + self._timeout - now)
        return max(0.0, self._due - now)

    def on_round(self) -> Failure | None:
        """Begin what is due, give up what takes too long. A failure: more checkpoints failed than the job bears."""
        now = time.monotonic()
        if self._pending is not None:
            if now - self._pending.began >= self._timeout:
                self._fail(f"checkpoint {self._pending.checkpoint} expired after {self._timeout:g} s")
        elif self._live() and (now >= self._due or self._live() <= self._exhausted):
            self._trigger(now)
        if self._failures <= self._tolerable:
            return None
        return Failure(
            message=f"more than {self._tolerable} checkpoints in a row failed ({keys.TOLERABLE_FAILURES.key})"
        )

    # -- inside ------------------------------------------------------------------------------------------------------

    def _live(self) -> set[Subtask]:
        return {key for key, task in self._tasks.items() if task.state is not ExecutionState.FINISHED}

    def _trigger(self, now: float) -> None:
        checkpoint, self._next = self._next, self._next + 1
        self._due = now + self._interval
        live = self._live()
        self._pending = _Pending(checkpoint, now, live)
        options = CheckpointOptions(
            directory=self._storage.checkpoint_directory(checkpoint),
            exactly_once=self._exactly_once,
            unaligned=self._unaligned and not live <= self._exhausted,
            aligned_timeout_ms=int(self._aligned_timeout * 1000),
            timestamp=time.time_ns() // 1_000_000,
        )
        for vertex, subtask in live:
            before = {
                (edge.source, p)
                for _, edge in self._graph.inputs(vertex)
                for p in producers(self._graph, edge, subtask)
            }
            if not before & live:
                self._tasks[vertex, subtask].trigger_checkpoint(CheckpointBarrier(checkpoint, options))

    def _answered(self, answer: Answer) -> None:
        pending, key = self._pending, (answer.vertex, answer.subtask)
        task = self._tasks.get(key)
        if pending is None or task is None or answer.checkpoint != pending.checkpoint:
            return
        if answer.attempt != task.info.attempt:
            return
        if not isinstance(answer, CheckpointAcked):
            self._fail(answer.failure.message)
            return
        pending.states[key] = answer.state
        if pending.expected <= pending.states.keys():
            self._complete(pending)

    def _complete(self, pending: _Pending) -> None:
        checkpoint = pending.checkpoint
        directory = self._storage.checkpoint_directory(checkpoint)
        metadata = metadata_of(self._graph, checkpoint, pending.states, time.time_ns() // 1_000_000)
        try:
            path, _, checksum = self._storage.write_metadata(directory, metadata)
            metadata = self._storage.read_metadata(path, checksum)
        except CheckpointStorageError as e:
            self._fail(str(e))
            return
        self._pending, self._failures = None, 0
        self._due = max(self._due, time.monotonic() + self._pause)
        self._completed.append((RestoreRef(checkpoint=checkpoint, path=path, checksum=checksum), metadata))
        for task in self._tasks.values():
            task.checkpoint_complete(checkpoint)
        if len(self._completed) > self._retained:
            del self._completed[: -self._retained]
            self._sweep()

    def _fail(self, why: str) -> None:
        pending, self._pending = self._pending, None
        assert pending is not None
        self._failures += 1
        self._due = max(self._due, time.monotonic() + self._pause)
        _log.warning("checkpoint failed", job=self._graph.name, checkpoint=pending.checkpoint, cause=why)
        for task in self._tasks.values():
            task.checkpoint_aborted(pending.checkpoint, 0)

    def _sweep(self) -> None:
        try:
            self._storage.sweep([metadata for _, metadata in self._completed], upto=self._next)
        except CheckpointStorageError as e:
            _log.warning("old checkpoints could not be removed", error=str(e))
