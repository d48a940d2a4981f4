"""JobExecutionResult. Source: `pyflink.common.job_execution_result`."""

from typing import Any

from penstock.common.job_id import JobID

__all__ = ["JobExecutionResult"]


class JobExecutionResult:
    """What a job that has finished leaves behind. `net_runtime`: milliseconds."""

    def __init__(self, job_id: JobID, net_runtime: int = 0, accumulators: dict[str, Any] | None = None) -> None:
        self._job_id = job_id
        self._net_runtime = net_runtime
        self._accumulators = accumulators or {}

    def get_job_id(self) -> JobID:
        return self._job_id

    def get_net_runtime(self) -> int:
        """Milliseconds from the start of the job to its end."""
        return self._net_runtime

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """The value of an accumulator, None where there is none of that name."""
        return self._accumulators.get(accumulator_name)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        return dict(self._accumulators)

    def __str__(self) -> str:
        return (
            f"Program execution finished\nJob with JobID {self._job_id} has finished.\n"
            f"Job Runtime: {self._net_runtime} ms\n"
        )


class DetachedJobExecutionResult(JobExecutionResult):
    """Of a job that was submitted detached: it is not known how it ends. All but its id raises RuntimeError."""

    _MESSAGE = (
        "Job was submitted in detached mode. Results of job execution, such as accumulators, runtime, etc. "
        "are not available."
    )

    def get_net_runtime(self) -> int:
        raise RuntimeError(self._MESSAGE)

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        raise RuntimeError(self._MESSAGE)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        raise RuntimeError(self._MESSAGE)

    def __str__(self) -> str:
        return f"Job {self._job_id} was submitted in detached mode"
