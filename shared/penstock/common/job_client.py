"""JobClient: a handle on a job that was started. Source: `pyflink.common.job_client`."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from penstock.common.completable_future import CompletableFuture
from penstock.common.job_execution_result import JobExecutionResult
from penstock.common.job_id import JobID
from penstock.common.job_status import JobStatus

if TYPE_CHECKING:
    from penstock.client import job_client as executor_client

__all__ = ["JobClient"]

T = TypeVar("T")


class JobClient:
    """PyFlink's shape around the blocking client an executor returned: every call answers with a future."""

    def __init__(self, client: "executor_client.JobClient") -> None:
        self._client = client

    def get_job_id(self) -> JobID:
        return JobID(self._client.job_id)

    def get_job_status(self) -> CompletableFuture[JobStatus]:
        return _in_background(lambda: JobStatus[self._client.status().value])

    def cancel(self) -> CompletableFuture[None]:
        """Ask for the job's cancellation; done when the request has been taken."""
        return _in_background(self._client.cancel)

    def stop_with_savepoint(
        self, advance_to_end_of_event_time: bool, savepoint_directory: str | None = None
    ) -> CompletableFuture[str]:
        """Stop the job with a savepoint: its path. `advance_to_end_of_event_time`: drain, its input ends before."""
        directory, drain = savepoint_directory, advance_to_end_of_event_time
        return _in_background(lambda: self._client.stop_with_savepoint(directory, drain))

    def trigger_savepoint(self, savepoint_directory: str | None = None) -> CompletableFuture[str]:
        """Take a savepoint: its path. None: into `execution.checkpointing.savepoint-dir`."""
        return _in_background(lambda: self._client.trigger_savepoint(savepoint_directory))

    def get_accumulators(self) -> CompletableFuture[dict[str, Any]]:
        return _in_background(self._client.accumulators)

    def get_job_execution_result(self) -> CompletableFuture[JobExecutionResult]:
        """The result of a job that FINISHED; its `result()` raises where the job ended otherwise."""
        return _in_background(self._result)

    def _result(self) -> JobExecutionResult:
        result = self._client.result()
        return JobExecutionResult(JobID(result.job_id), result.net_runtime, result.accumulators)


def _in_background(call: Callable[[], T]) -> CompletableFuture[T]:
    # A daemon thread, unlike one of a ThreadPoolExecutor: a program must be able to end while a future is unanswered.
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            value = call()
        except BaseException as e:
            future.set_exception(e)
        else:
            future.set_result(value)

    threading.Thread(target=run, name="job-client", daemon=True).start()
    return CompletableFuture(future)
