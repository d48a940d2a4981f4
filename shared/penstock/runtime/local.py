"""The whole job in this process, in memory: the same tasks and the same loop as in a slot, over a `LocalExchange`.

No thread is made for a job: it runs inside the call that waits for it (`result`, or while `collect` is iterated), so
that `breakpoint()` in a user's function works. `start` is for who does not wait.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from penstock.client.archives import UnpackedArchives
from penstock.client.job_client import JobExecutionError, JobResult
from penstock.exchange.local_exchange import LocalExchange
from penstock.graph.compiled import CompiledJob
from penstock.graph.states import ExecutionState, JobState
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.task import Task
from penstock.runtime.task_factory import TaskFactory

#: records of `execute_and_collect` that wait for the program before the job stops taking input
_COLLECT_BOUND = 4096


class LocalCollector:
    """Records on their way to the program, in one process."""

    def __init__(self) -> None:
        self.records: deque[Any] = deque()
        self.ended = False
        self.bound: int | None = None  #: None: nobody iterates, so nobody would make room

    @property
    def blocked(self) -> bool:
        return self.bound is not None and len(self.records) >= self.bound

    @property
    def is_drained(self) -> bool:
        return True

    def write(self, values: list[Any]) -> None:
        self.records.extend(values)

    def end(self) -> None:
        self.ended = True


class LocalJobClient:
    """A local job. It runs in whichever thread waits for it first; the others wait for that one."""

    def __init__(self, compiled: CompiledJob, archives: UnpackedArchives | None = None) -> None:
        self._archives = archives
        self._graph = compiled.graph
        self._blobs = compiled.blobs
        self._state = JobState.CREATED
        self._lock = threading.RLock()
        self._collectors: dict[str, LocalCollector] = {}
        self._splits: dict[str, bytes] = {}
        self._runner: SlotRunner | None = None
        self._cancelled = self._in_round = False
        self._failed: Task | None = None
        self._began = 0.0
        self._runtime_ms = 0

    # -- what every job client has -----------------------------------------------------------------------------------

    @property
    def job_id(self) -> str:
        return self._graph.job_id

    def status(self) -> JobState:
        return self._state

    def result(self, timeout: float | None = None) -> JobResult:
        """Run the job, or wait for the thread that does. JobExecutionError unless it finishes; TimeoutError."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._lock.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError(f"job {self.job_id} is still {self._state.value} after {timeout} s")
        try:
            while not self._state.is_terminal:
                self._round(deadline)
                if deadline is not None and time.monotonic() >= deadline and not self._state.is_terminal:
                    raise TimeoutError(f"job {self.job_id} is still {self._state.value} after {timeout} s")
        finally:
            self._lock.release()
        return self._outcome()

    def cancel(self) -> None:
        """Takes effect between two steps of the loop, or at once where nobody runs it."""
        self._cancelled = True
        if self._lock.acquire(blocking=False):
            try:
                if not self._in_round and not self._state.is_terminal:
                    self._end(JobState.CANCELED)
            finally:
                self._lock.release()
        runner = self._runner
        if runner is not None:
            runner.submit(lambda: None)

    def accumulators(self) -> dict[str, Any]:
        return {}

    def collect(self, collect_id: str) -> Iterator[Any]:
        """The records, while the job runs in this thread. Closing the iterator cancels the job."""
        collector = self._collector(collect_id)
        collector.bound = _COLLECT_BOUND
        try:
            while True:
                while collector.records:
                    yield collector.records.popleft()
                with self._lock:
                    if self._state.is_terminal:
                        if collector.records:
                            continue
                        break
                    self._round(None)
        finally:
            if not self._state.is_terminal:
                self.cancel()
                with self._lock:
                    while not self._state.is_terminal:
                        self._round(None)
        self._outcome()

    # -- for `execute_async` -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Run the job in a thread of its own, which does not keep the program alive."""
        threading.Thread(target=self._run_quietly, name=f"local-job-{self._graph.name}", daemon=True).start()

    def _run_quietly(self) -> None:
        with self._lock:
            while not self._state.is_terminal:
                self._round(None)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _collector(self, collect_id: str) -> LocalCollector:
        return self._collectors.setdefault(collect_id, LocalCollector())

    def _round(self, deadline: float | None) -> None:
        """One round of the loop, in the thread that holds the lock."""
        self._in_round = True
        before = None
        try:
            if self._archives is not None:
                before = Path.cwd()
                os.chdir(self._archives.working_directory)
            runner = self._runner or self._begin()
            # a task that could not even start leaves nothing to run, and nothing that would end a wait
            if self._failed is None:
                runner.run_once(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except BaseException as e:
            # leave no job half alive
            self._end(JobState.CANCELED if isinstance(e, KeyboardInterrupt) else JobState.FAILED)
            raise
        finally:
            self._in_round = False
            if before is not None:
                os.chdir(before)
        if self._failed is not None:
            self._end(JobState.FAILED)
        elif self._cancelled:
            self._end(JobState.CANCELED)
        elif all(t.state is ExecutionState.FINISHED for t in runner.tasks):
            self._end(JobState.FINISHED)

    def _begin(self) -> SlotRunner:
        self._began = time.monotonic()
        self._state = JobState.RUNNING
        graph, exchange = self._graph, LocalExchange(self._graph)
        runner = self._runner = SlotRunner(exchange, self._on_change)
        factory = TaskFactory(graph, self._blobs.__getitem__, self._splits_once, self._collector)
        for vertex in graph.vertices:
            for subtask in range(vertex.parallelism):
                gate, writers = exchange.input_gate(vertex.id, subtask), exchange.writers(vertex.id, subtask, 0)
                runner.add(factory.make(vertex.id, subtask, 0, gate, writers))
                if self._failed is not None:
                    return runner
        return runner

    def _splits_once(self, vertex: str, make: Callable[[], bytes]) -> bytes:
        if vertex not in self._splits:
            self._splits[vertex] = make()
        return self._splits[vertex]

    def _on_change(self, task: Task) -> None:
        if task.state is ExecutionState.FAILED and self._failed is None:
            self._failed = task

    def _end(self, state: JobState) -> None:
        self._runtime_ms = round((time.monotonic() - self._began) * 1000)
        self._state = state
        if self._runner is not None:
            self._runner.close()

    def _outcome(self) -> JobResult:
        if self._state is JobState.FINISHED:
            return JobResult(self.job_id, self._runtime_ms, self.accumulators())
        failure = None if self._failed is None else self._failed.failure
        cause = None if self._failed is None else self._failed.error
        message, text = ("", "") if failure is None else (failure.message, failure.traceback)
        error = JobExecutionError(self.job_id, self._state, message, text, self._runtime_ms)
        # at hand for who handles it, but not printed: its traceback starts with our frames, the text with the user's
        error.__context__ = cause
        raise error from None


class LocalExecutor:
    """Source: Flink's `LocalExecutor`. `archives`: functions run in their working directory."""

    def __init__(self, archives: UnpackedArchives | None = None) -> None:
        self._archives = archives

    def execute(self, compiled: CompiledJob) -> LocalJobClient:
        """The job, ready to run: see `LocalJobClient`."""
        return LocalJobClient(compiled, self._archives)
