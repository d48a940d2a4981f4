import pytest

from penstock.client.job_client import JobExecutionError, JobResult
from penstock.common import JobClient, JobID, JobStatus
from penstock.common.job_execution_result import DetachedJobExecutionResult
from penstock.graph.states import JobState

JOB = "0123456789abcdef0123456789abcdef"


class FinishedClient:
    """An executor's client of a job that has ended."""

    job_id = JOB

    def __init__(self, state: JobState) -> None:
        self._state = state
        self.cancelled = False

    def status(self) -> JobState:
        return self._state

    def result(self, timeout: float | None = None) -> JobResult:
        if self._state is not JobState.FINISHED:
            raise JobExecutionError(JOB, self._state, "broken")
        return JobResult(JOB, 42, {"n": 1})

    def cancel(self) -> None:
        self.cancelled = True

    def trigger_savepoint(self, directory: str | None) -> str:
        return f"{directory}/savepoint-1"

    def stop_with_savepoint(self, directory: str | None, drain: bool) -> str:
        return f"{directory}/{'drained' if drain else 'suspended'}"

    def accumulators(self) -> dict[str, object]:
        return {"n": 1}

    def collect(self, collect_id: str) -> "list[object]":
        return []


def test_a_job_that_finished() -> None:
    client = JobClient(FinishedClient(JobState.FINISHED))  # type: ignore[arg-type]
    result = client.get_job_execution_result().result()
    assert (str(client.get_job_id()), result.get_net_runtime(), result.get_accumulator_result("n")) == (JOB, 42, 1)
    assert client.get_job_status().result() is JobStatus.FINISHED
    assert client.get_accumulators().result() == {"n": 1}


def test_a_job_that_failed() -> None:
    future = JobClient(FinishedClient(JobState.FAILED)).get_job_execution_result()  # type: ignore[arg-type]
    assert isinstance(future.exception(), JobExecutionError)
    assert future.done()
    with pytest.raises(JobExecutionError, match="broken"):
        future.result()


def test_cancel_reaches_the_executor() -> None:
    inner = FinishedClient(JobState.RUNNING)
    JobClient(inner).cancel().result()  # type: ignore[arg-type]
    assert inner.cancelled


def test_savepoints_are_futures_of_their_paths() -> None:
    client = JobClient(FinishedClient(JobState.RUNNING))  # type: ignore[arg-type]
    assert client.trigger_savepoint("/s").result() == "/s/savepoint-1"
    assert client.trigger_savepoint().result() == "None/savepoint-1"
    assert client.stop_with_savepoint(True, "/s").result() == "/s/drained"
    assert client.stop_with_savepoint(advance_to_end_of_event_time=False).result() == "None/suspended"


def test_every_state_has_a_status() -> None:
    assert {s.value for s in JobState} == {s.name for s in JobStatus}
    assert JobStatus.SUSPENDED.is_terminal_state()
    assert not JobStatus.SUSPENDED.is_globally_terminal_state()


def test_detached_results_are_not_known() -> None:
    with pytest.raises(RuntimeError, match="detached"):
        DetachedJobExecutionResult(JobID(JOB)).get_net_runtime()


@pytest.mark.parametrize("text", ["", "0" * 31, "g" * 32, "A" * 32])
def test_job_ids_are_32_hex_digits(text: str) -> None:
    with pytest.raises(ValueError, match="32 lower-case hex digits"):
        JobID(text)
