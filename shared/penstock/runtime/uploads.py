"""The asynchronous part of checkpoints: one pool of threads a slot writes out what its tasks have snapshotted.

The mailbox loop hands over and goes on. A thread that a dead storage holds up keeps nobody from leaving.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from penstock.checkpoint.handles import InFlightEdge, SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.state.snapshot import OperatorSnapshot
from penstock.testing.crash_points import reach

_log = structlog.get_logger(__name__)

#: uploads of a slot at a time; more would share the same interpreter lock
THREADS = 4


@dataclass(frozen=True, slots=True, eq=False)
class SubtaskPart:
    """One subtask's part of one checkpoint. `operators`: operator id -> its state; `base`: of the last complete one."""

    checkpoint: int
    options: CheckpointOptions
    vertex: str
    subtask: int
    attempt: int
    operators: Mapping[str, OperatorSnapshot]
    channels: bytes | None
    ended: bool
    base: SubtaskState | None = None
    key_groups: range = range(0)  #: that the subtask owns
    in_flight: tuple[InFlightEdge, ...] = ()  #: edges that have records in `channels`

    def release(self) -> None:
        """Free all snapshots; an error of one keeps no other."""
        for operator, snapshot in self.operators.items():
            try:
                snapshot.release()
            except Exception as e:
                _log.warning("a snapshot could not be freed", operator=operator, error=f"{type(e).__name__}: {e}")


class StateWriter(Protocol):
    """Checkpoint storage as an upload uses it; called in several threads."""

    def write(self, part: SubtaskPart, cancelled: Callable[[], bool]) -> SubtaskState:
        """Write all of it, and release the snapshots, whatever happens. What a call that raises wrote is gone again."""

    def discard(self, part: SubtaskPart, state: SubtaskState) -> None:
        """Remove what `write` made."""


class Upload:
    """A part on its way. `done` and `failed` are called in the pool's thread, unless it was cancelled before."""

    def __init__(
        self,
        part: SubtaskPart,
        writer: StateWriter,
        done: Callable[[SubtaskState, float], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.part = part
        self.state: SubtaskState | None = None  #: once it is written
        self._writer, self._done, self._failed = writer, done, failed
        self._lock = threading.Lock()
        self._cancelled = False
        self._began = time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> bool:
        """Write no more of it. True: it was written before, and is to be discarded."""
        with self._lock:
            was_written = self.state is not None and not self._cancelled
            self._cancelled = True
            return was_written

    def run(self) -> None:
        """In a thread of the pool."""
        part = self.part
        if self._cancelled:
            part.release()
            return
        reach("before-upload")
        try:
            state = self._writer.write(part, lambda: self._cancelled)
        except Exception as e:
            if not self._cancelled:
                self._failed(e)
            return
        reach("after-upload")
        with self._lock:
            is_wanted = not self._cancelled
            if is_wanted:
                self.state = state
                self._done(state, time.monotonic() - self._began)
        if not is_wanted:
            self._writer.discard(part, state)

    def discard(self) -> None:
        """Remove what was written; in a thread of the pool."""
        if self.state is not None:
            self._writer.discard(self.part, self.state)


class UploadPool:
    """Threads are made when there is work. All but `close` may be called at any time, from one thread."""

    def __init__(self, writer: Callable[[], StateWriter], name: str = "slot-upload") -> None:
        self._make_writer, self._name = writer, name
        self._writer: StateWriter | None = None
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)

    def submit(
        self,
        part: SubtaskPart,
        done: Callable[[SubtaskState, float], None],
        failed: Callable[[Exception], None],
    ) -> Upload:
        """Write the part out, and release it. `done` is told what was written, and in how many seconds.

        Raises what there is to say against the storage itself; then nothing was released.
        """
        if self._writer is None:
            self._writer = self._make_writer()
        upload = Upload(part, self._writer, done, failed)
        self._run(upload.run)
        return upload

    def cancel(self, upload: Upload) -> None:
        """Stop it, and remove what was written."""
        if upload.cancel():
            self._run(upload.discard)

    def close(self, patience: float) -> None:
        """Let what is queued end, for at most `patience` seconds."""
        deadline = time.monotonic() + patience
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                _log.warning("an upload did not end in time", thread=thread.name)

    def _run(self, work: Callable[[], None]) -> None:
        self._work.put(work)
        if not self._idle.acquire(blocking=False) and len(self._threads) < THREADS:
            thread = threading.Thread(target=self._loop, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _loop(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception as e:
                # a file that could not be removed: the sweeper of the storage finds it
                _log.warning("checkpoint storage", error=f"{type(e).__name__}: {e}")
            self._idle.release()
