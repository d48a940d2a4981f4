"""The whole job in this process, in memory: the same tasks and the same loop as in a slot, over a `LocalExchange`.

No thread is made for a job: it runs inside the call that waits for it (`result`, or while `collect` is iterated), so
that `breakpoint()` in a user's function works. `start` is for who does not wait.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.client.archives import UnpackedArchives
from penstock.client.config import Configuration
from penstock.client.config.options.checkpointing import INTERVAL
from penstock.client.job_client import JobExecutionError, JobResult
from penstock.coordination.failure import Failure
from penstock.exchange.local_exchange import LocalExchange
from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState, JobState
from penstock.runtime.garbage_pace import GarbagePace
from penstock.runtime.local_collector import LocalCollector
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.task import Task
from penstock.runtime.task_factory import TaskFactory

if TYPE_CHECKING:
    from penstock.runtime.local_recovery import LocalRecovery

#: records of `execute_and_collect` that wait for the program before the job stops taking input
_COLLECT_BOUND = 4096


class LocalJobClient:
    """A local job. It runs in whichever thread waits for it first; the others wait for that one."""

    def __init__(
        self,
        compiled: CompiledJob,
        archives: UnpackedArchives | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        self._archives, self._secrets = archives, dict(secrets or {})
        self._graph = compiled.graph
        self._blobs = compiled.blobs
        self._state = JobState.CREATED
        self._lock = threading.RLock()
        self._collectors: dict[str, LocalCollector] = {}
        self._splits: dict[str, bytes] = {}
        self._runner: SlotRunner | None = None
        self._cancelled = self._in_round = False
        self._failed: Task | None = None
        self._failure: Failure | None = None  #: of the checkpoints
        #: whether the program asks for them; Flink's batch jobs have none
        self._has_checkpoints = _has_checkpoints(compiled.graph)
        self._recovery: LocalRecovery | None = None
        self._restart_at: float | None = None
        self._attempt = 0
        self._began = 0.0
        self._pace: GarbagePace | None = None
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

    def trigger_savepoint(self, directory: str | None) -> str:
        """RuntimeError: only a cluster takes savepoints."""
        raise RuntimeError(f"job {self.job_id} runs in this process, which takes no savepoints: run it on a cluster")

    def stop_with_savepoint(self, directory: str | None, drain: bool) -> str:
        """RuntimeError: only a cluster takes savepoints."""
        return self.trigger_savepoint(directory)

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

    def _collector(self, collect_id: str, attempt: int = 0) -> LocalCollector:
        return self._collectors.setdefault(collect_id, LocalCollector(self._has_checkpoints))

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
                runner.run_once(self._longest_wait(deadline))
            if self._recovery is not None:
                self._recover(runner, self._recovery)
        except BaseException as e:
            # leave no job half alive
            self._end(JobState.CANCELED if isinstance(e, KeyboardInterrupt) else JobState.FAILED)
            raise
        finally:
            self._in_round = False
            if before is not None:
                os.chdir(before)
        if self._failed is not None or self._failure is not None:
            self._end(JobState.FAILED)
        elif self._cancelled:
            self._end(JobState.CANCELED)
        elif self._restart_at is None and all(t.state is ExecutionState.FINISHED for t in runner.tasks):
            self._end(JobState.FINISHED)

    def _longest_wait(self, deadline: float | None) -> float | None:
        waits = [] if deadline is None else [deadline - time.monotonic()]
        if self._restart_at is not None:
            waits.append(self._restart_at - time.monotonic())
        elif self._recovery is not None and (due := self._recovery.checkpoints.wait()) is not None:
            waits.append(due)
        return max(0.0, min(waits)) if waits else None

    def _begin(self) -> SlotRunner:
        self._began = time.monotonic()
        self._pace = GarbagePace()
        runner = self._runner = SlotRunner(on_change=self._on_change)
        if self._has_checkpoints:
            # storage and all are imported by jobs that use them
            from penstock.runtime.local_recovery import LocalRecovery

            configuration = Configuration({**self._graph.configuration, **self._secrets})
            self._recovery = LocalRecovery(self._graph, configuration, runner.submit)
        self._start_tasks(runner)
        return runner

    def _start_tasks(self, runner: SlotRunner) -> None:
        self._state = JobState.RUNNING
        graph, recovery = self._graph, self._recovery
        exchange = runner.exchange = LocalExchange(graph)
        checkpointing = None if recovery is None else recovery.checkpoints.for_tasks()
        factory = TaskFactory(
            graph, self._blobs.__getitem__, self._splits_once, self._collector, checkpointing=checkpointing
        )
        tasks = {}
        for vertex in graph.vertices:
            for subtask in range(vertex.parallelism):
                gate, writers = exchange.input_gate(vertex.id, subtask), exchange.writers(vertex.id, subtask, 0)
                tasks[vertex.id, subtask] = factory.make(vertex.id, subtask, self._attempt, gate, writers)
        if recovery is not None:
            recovery.checkpoints.begin(tasks)
        for task in tasks.values():
            runner.add(task)
            if self._failed is not None:
                return

    def _recover(self, runner: SlotRunner, recovery: "LocalRecovery") -> None:
        """With checkpoints: begin them, and begin anew after a failure, once its pause is over."""
        if self._restart_at is not None:
            if time.monotonic() < self._restart_at:
                return
            self._restart_at = None
            self._attempt += 1
            self._start_tasks(runner)
        if self._failed is None and not self._cancelled:
            self._failure = recovery.checkpoints.on_round()
        failure = self._failure if self._failed is None else self._failed.failure
        if failure is None:
            return
        delay = recovery.failed(failure)
        if delay is None or self._cancelled:
            return
        runner.forget_all()
        recovery.checkpoints.stop()
        self._failed = self._failure = None
        self._restart_at = time.monotonic() + delay
        self._state = JobState.RESTARTING
        for collector in self._collectors.values():
            collector.reset(recovery.checkpoints.newest)

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
        if self._pace is not None:
            self._pace.end()
        if self._runner is not None:
            self._runner.close()
        if self._recovery is not None:
            self._recovery.checkpoints.end(state)

    def _outcome(self) -> JobResult:
        if self._state is JobState.FINISHED:
            return JobResult(self.job_id, self._runtime_ms, self.accumulators())
        failure = self._failure if self._failed is None else self._failed.failure
        cause = None if self._failed is None else self._failed.error
        message, text = ("", "") if failure is None else (failure.message, failure.traceback)
        error = JobExecutionError(self.job_id, self._state, message, text, self._runtime_ms)
        # at hand for who handles it, but not printed: its traceback starts with our frames, the text with the user's
        error.__context__ = cause
        raise error from None


def _has_checkpoints(graph: JobGraph) -> bool:
    return graph.job_type != "BATCH" and Configuration(dict(graph.configuration)).find(INTERVAL) is not None


class LocalExecutor:
    """Source: Flink's `LocalExecutor`. `archives`: functions run in their working directory. `secrets`: settings of the
    secret that checkpoints are signed with, which stand in no graph."""

    def __init__(self, archives: UnpackedArchives | None = None, secrets: Mapping[str, str] | None = None) -> None:
        self._archives, self._secrets = archives, secrets

    def execute(self, compiled: CompiledJob) -> LocalJobClient:
        """The job, ready to run: see `LocalJobClient`."""
        return LocalJobClient(compiled, self._archives, self._secrets)
