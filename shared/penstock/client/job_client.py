"""The handle of a started job, and what comes of it. `penstock.common.JobClient` wraps one in PyFlink's shape."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from penstock.graph.states import JobState

if TYPE_CHECKING:
    from penstock.client.job_operations import JobOperations
    from penstock.client.rest_client import RestClient

_FIRST_WAIT = 0.01  #: seconds between two polls; doubles up to _LAST_WAIT (Flink: 1 s, which a short job shows)
_LAST_WAIT = 0.2


@dataclass(frozen=True, slots=True)
class JobResult:
    """A FINISHED job. `net_runtime` in ms."""

    job_id: str
    net_runtime: int
    accumulators: dict[str, Any] = field(default_factory=dict)


class JobExecutionError(Exception):
    """A job that did not finish. Its text starts with the user's own traceback and ends with what is wrong.

    `net_runtime` in ms.
    """

    def __init__(self, job_id: str, state: JobState, message: str, traceback: str = "", net_runtime: int = 0) -> None:
        self.job_id, self.state, self.message, self.traceback = job_id, state, message, traceback
        self.net_runtime = net_runtime
        super().__init__(job_id, state, message, traceback, net_runtime)

    def __str__(self) -> str:
        what = f": {self.message}" if self.message else ""
        return f"{self.traceback.rstrip()}\njob {self.job_id} is {self.state.value}{what}".lstrip()


class JobClient(Protocol):
    """What every executor's `execute` gives back. All calls block."""

    @property
    def job_id(self) -> str: ...

    def start(self) -> None:
        """Begin, for a caller that does not wait. A job on a cluster runs already; a local one gets a thread."""

    def status(self) -> JobState:
        """The job's state now."""

    def result(self, timeout: float | None = None) -> JobResult:
        """Wait (seconds; None: for ever) for the end. JobExecutionError unless FINISHED, else TimeoutError."""

    def cancel(self) -> None:
        """Ask for cancellation; does not wait for it."""

    def trigger_savepoint(self, directory: str | None) -> str:
        """Take a savepoint and wait for it; its path. None: into the directory that is configured."""

    def stop_with_savepoint(self, directory: str | None, drain: bool) -> str:
        """The same, and the job does nothing more behind it; `drain`: its input is ended before."""

    def accumulators(self) -> dict[str, Any]:
        """The accumulators as they stand."""

    def collect(self, collect_id: str) -> Iterator[Any]:
        """The records of an `execute_and_collect`, in order, until the job ends. JobExecutionError where it fails."""


class RemoteJobClient:
    """A job on a cluster, seen through REST. Survives the loss of a dispatcher as far as `RestClient` retries."""

    def __init__(self, rest: "RestClient", job_id: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._rest, self._job_id, self._sleep = rest, job_id, sleep

    @property
    def job_id(self) -> str:
        return self._job_id

    def start(self) -> None:
        """It was submitted: it runs."""

    def status(self) -> JobState:
        return JobState(self._rest.job_status(self._job_id))

    def result(self, timeout: float | None = None) -> JobResult:
        deadline = None if timeout is None else time.monotonic() + timeout
        wait = _FIRST_WAIT
        while True:
            answer = self._rest.execution_result(self._job_id)
            if answer["status"]["id"] == "COMPLETED":
                return self._outcome(answer["job-execution-result"])
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"job {self._job_id} is still {self.status().value} after {timeout} s")
            self._sleep(wait)
            wait = min(wait * 2, _LAST_WAIT)

    def _outcome(self, outcome: dict[str, Any]) -> JobResult:
        if outcome["application-status"] == "SUCCEEDED":
            return JobResult(self._job_id, outcome["net-runtime"], outcome["accumulator-results"])
        state = JobState.CANCELED if outcome["application-status"] == "CANCELED" else JobState.FAILED
        cause = outcome.get("failure-cause") or {}
        raise JobExecutionError(
            self._job_id,
            state,
            cause.get("message") or cause.get("class", ""),
            cause.get("stack-trace", ""),
            outcome["net-runtime"],
        )

    def cancel(self) -> None:
        # late: local jobs use this module too, and need not pay for an HTTP client
        from penstock.client.rest_client import RestError

        try:
            self._rest.cancel(self._job_id)
        except RestError as e:
            # 409: it ended by itself in the meantime, which is what the caller wanted to reach
            if e.status != 409:
                raise

    def trigger_savepoint(self, directory: str | None) -> str:
        return str(self._operations().savepoint(self._job_id, directory).wait()["location"])

    def stop_with_savepoint(self, directory: str | None, drain: bool) -> str:
        return str(self._operations().stop(self._job_id, directory, drain=drain).wait()["location"])

    def _operations(self) -> "JobOperations":
        from penstock.client.job_operations import JobOperations  # late, as above

        return JobOperations(self._rest, self._sleep)

    def accumulators(self) -> dict[str, Any]:
        answer = self._rest.execution_result(self._job_id)
        found: dict[str, Any] = (answer.get("job-execution-result") or {}).get("accumulator-results", {})
        return found

    def collect(self, collect_id: str) -> Iterator[Any]:
        # late, as above
        from penstock.client.collect_frames import BEGINNING
        from penstock.client.collected import Collected

        collected, after = Collected(self._job_id), BEGINNING
        wait, is_over = _FIRST_WAIT, False
        while True:
            page = self._rest.collect(self._job_id, collect_id, after)
            for entry in page.entries:
                yield from collected.take(entry)
            after = page.position
            if page.entries:
                wait = _FIRST_WAIT
            elif is_over:
                # whatever ended an attempt before, the job may have been restarted
                self.result()
                yield from collected.end()
                return
            elif not (is_over := self.status().is_terminal):
                self._sleep(wait)
                wait = min(wait * 2, _LAST_WAIT)
