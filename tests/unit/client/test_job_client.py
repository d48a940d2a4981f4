"""RemoteJobClient: waiting for the end, what each end becomes, collected records."""

import json
import pickle
from typing import Any

import httpx
import pytest

from penstock.client.collect_frames import write_frames
from penstock.client.job_client import JobExecutionError, RemoteJobClient
from penstock.client.job_operations import OperationFailed
from penstock.client.rest_client import RestClient
from penstock.exchange.collect_log import CollectEntry, CollectKind
from penstock.graph.states import JobState

JOB = "0" * 32


def result(status: str, **fields: Any) -> dict[str, Any]:
    body = {"application-status": status, "net-runtime": 42, "accumulator-results": {}, **fields}
    return {"status": {"id": "COMPLETED"}, "job-execution-result": body}


PENDING: dict[str, Any] = {"status": {"id": "IN_PROGRESS"}, "job-execution-result": None}


class Cluster:
    """Answers each resource from a list; its last answer stays."""

    def __init__(self, **answers: list[httpx.Response]) -> None:
        self.answers = {name.replace("_", "-"): list(items) for name, items in answers.items()}
        self.after: list[str] = []
        self.slept: list[float] = []
        self.bodies: list[dict[str, Any]] = []
        self.triggers: list[str] = []
        rest = RestClient(["a:1"], transport=httpx.MockTransport(self._answer))
        self.client = RemoteJobClient(rest, JOB, self.slept.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.split("/")
        name = "collect" if "collect" in parts else "operation" if parts[-2] == "savepoints" else parts[-1]
        if name == "operation":
            self.triggers.append(parts[-1])
        if request.method == "POST":
            self.bodies.append(json.loads(request.content))
        if name == "collect":
            self.after.append(request.url.params["position"])
        left = self.answers["cancel" if request.method == "PATCH" else name]
        return left.pop(0) if len(left) > 1 else left[0]


def ok(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def test_result_waits_for_the_end_with_growing_pauses() -> None:
    cluster = Cluster(execution_result=[ok(PENDING)] * 10 + [ok(result("SUCCEEDED"))])
    outcome = cluster.client.result()
    assert (outcome.job_id, outcome.net_runtime, outcome.accumulators) == (JOB, 42, {})
    assert cluster.slept[:3] == [0.01, 0.02, 0.04]
    assert max(cluster.slept) == 0.2


def test_a_failed_job_raises_the_users_traceback_first() -> None:
    cause = {"class": "ValueError", "message": "ValueError: bad", "stack-trace": "Traceback: line 3 of job.py\n"}
    cluster = Cluster(execution_result=[ok(result("FAILED", **{"failure-cause": cause}))])
    with pytest.raises(JobExecutionError) as raised:
        cluster.client.result()
    assert str(raised.value).startswith("Traceback: line 3 of job.py")
    assert str(raised.value).splitlines()[-1] == f"job {JOB} is FAILED: ValueError: bad"
    assert raised.value.net_runtime == 42
    assert (raised.value.state, raised.value.message) == (JobState.FAILED, "ValueError: bad")


def test_a_cancelled_job_raises_too() -> None:
    with pytest.raises(JobExecutionError, match="is CANCELED") as raised:
        Cluster(execution_result=[ok(result("CANCELED"))]).client.result()
    assert raised.value.state is JobState.CANCELED


def test_a_wait_can_be_bounded() -> None:
    cluster = Cluster(execution_result=[ok(PENDING)], status=[ok({"status": "RUNNING"})])
    with pytest.raises(TimeoutError, match="still RUNNING after 0 s"):
        cluster.client.result(0)


def test_a_savepoint_is_waited_for_with_growing_pauses() -> None:
    done = {"status": {"id": "COMPLETED"}, "operation": {"location": "/s/savepoint-1"}}
    under_way = {"status": {"id": "IN_PROGRESS"}, "operation": None}
    cluster = Cluster(savepoints=[ok({"request-id": "1"})], operation=[ok(under_way)] * 8 + [ok(done)])
    assert cluster.client.trigger_savepoint("/s") == "/s/savepoint-1"
    (asked,) = cluster.bodies
    assert asked == {
        "target-directory": "/s",
        "cancel-job": False,
        "formatType": "CANONICAL",
        "triggerId": cluster.triggers[0],
    }
    assert set(cluster.triggers) == {asked["triggerId"]}  # the client's own id, so that it may be sent again
    assert cluster.slept[:3] == [0.01, 0.02, 0.04] and max(cluster.slept) == 0.5


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ({"message": "CheckpointException: no", "stack-trace": "T"}, "CheckpointException: no"),
        ({"class": "x", "stack-trace": "java.lang.X: no\n\tat y"}, "java.lang.X: no"),
        ({"stack-trace": "Traceback (most recent call last):\n  File x\nValueError: no\n"}, "ValueError: no"),
        ({}, "the cluster gave no reason"),
    ],
)
def test_a_stop_that_fails_says_why(cause: dict[str, str], message: str) -> None:
    failed = {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}}
    cluster = Cluster(stop=[ok({"request-id": "1"})], operation=[ok(failed)])
    with pytest.raises(OperationFailed) as raised:
        cluster.client.stop_with_savepoint(None, True)
    assert (str(raised.value), raised.value.trace) == (message, cause.get("stack-trace", ""))
    assert cluster.bodies[0]["drain"] is True and cluster.bodies[0]["targetDirectory"] is None


def test_cancelling_what_has_ended_is_no_error() -> None:
    gone = httpx.Response(409, json={"errors": ["it is FINISHED"]})
    Cluster(cancel=[gone]).client.cancel()


def page(*batches: tuple[int, list[int]], at: str = "0-0", end: int | None = None) -> httpx.Response:
    one = (1, 0)
    entries = [CollectEntry(CollectKind.DATA, one, n - len(b), n, pickle.dumps(b)) for n, b in batches]
    if end is not None:
        entries.append(CollectEntry(CollectKind.END, one, end, end))
    started = CollectEntry(CollectKind.START, one, 0, 0)
    return httpx.Response(200, content=write_frames([started, *entries] if entries else [], at))


def test_collected_records_come_in_order_and_are_asked_for_once() -> None:
    cluster = Cluster(
        collect=[
            page((2, [1, 2]), at="7-0"),
            page(at="7-0"),
            page((3, [3]), (5, [4, 5]), at="9-1"),
            page(end=5, at="9-2"),
            page(at="9-2"),
        ],
        status=[ok({"status": "RUNNING"}), ok({"status": "FINISHED"})],
        execution_result=[ok(result("SUCCEEDED"))],
    )
    assert list(cluster.client.collect("c1")) == [1, 2, 3, 4, 5]
    assert cluster.after == ["0-0", "7-0", "7-0", "9-1", "9-2", "9-2"]


def test_a_job_that_fails_while_collecting_raises_after_what_there_was() -> None:
    cluster = Cluster(
        collect=[page((1, [7]), at="7-0"), page(at="7-0")],
        status=[ok({"status": "FAILED"})],
        execution_result=[ok(result("FAILED"))],
    )
    records = cluster.client.collect("c1")
    assert next(records) == 7
    with pytest.raises(JobExecutionError):
        next(records)
