"""Checkpoints, savepoints, stop and rescale on demand: the events they become, and how each request stands."""

import base64
from typing import Any

import pytest

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointRequested, RescaleRequested, decode, encode
from penstock.coordination.operations import Commit
from penstock.coordination.rows import TriggerRow
from penstock.graph.states import JobState

from .replica import JOB, Replica, graph

TRIGGER = "5" * 32
OTHER = "6" * 32
IN_PROGRESS = {"status": {"id": "IN_PROGRESS"}, "operation": None}


def asked(replica: Replica) -> list[CheckpointRequested | RescaleRequested]:
    """The requests on the job's stream."""
    stream = replica.coordination.keys.events(f"job:{JOB}")
    entries = replica.coordination.events.read({stream: "0-0"}).get(stream, [])
    kinds: Any = CheckpointRequested | RescaleRequested
    return [decode(payload, kinds) for _, payload in entries]


def answer(replica: Replica, kind: Any, state: Any, **fields: Any) -> None:
    """The row a JobMaster commits."""
    row = TriggerRow(trigger=TRIGGER, kind=kind, state=state, time=1, **fields)
    replica.commit(f"job:{JOB}", {f"trigger:{TRIGGER}": row})


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("checkpoints", {"checkpointType": "FULL", "triggerId": None}, {"savepoint": False, "full": True}),
        ("checkpoints", {"checkpointType": "CONFIGURED"}, {"savepoint": False, "full": False}),
        ("checkpoints", None, {"savepoint": False, "full": False, "directory": None}),
        (
            "savepoints",
            {"target-directory": "/s", "cancel-job": False, "formatType": "CANONICAL", "triggerId": None},
            {"savepoint": True, "directory": "/s", "cancel": False, "stop": "none"},
        ),
        ("savepoints", {"target-directory": "/s", "cancel-job": True}, {"cancel": True, "stop": "none"}),
        ("savepoints", {"target-directory": "/s", "formatType": "NATIVE"}, {"savepoint": True}),
        (
            "stop",
            {"targetDirectory": "/s", "drain": False, "formatType": "CANONICAL", "triggerId": None},
            {"savepoint": True, "stop": "suspend", "directory": "/s", "cancel": False},
        ),
        ("stop", {"targetDirectory": "/s", "drain": True}, {"stop": "drain"}),
    ],
)
def test_a_request_is_an_event_of_the_job(
    replica: Replica, prefix: str, path: str, body: Any, expected: dict[str, Any]
) -> None:
    replica.submit()
    taken = (
        replica.http.post(f"{prefix}/jobs/{JOB}/{path}", json=body)
        if body
        else replica.http.post(f"{prefix}/jobs/{JOB}/{path}")
    )
    assert taken.status_code == 202, taken.text
    (event,) = asked(replica)
    assert isinstance(event, CheckpointRequested)
    assert taken.json() == {"request-id": event.trigger}
    assert {name: getattr(event, name) for name in expected} == expected
    assert len(event.trigger) == 32 and event.time > 0


def test_rescale_is_an_event_of_the_job(replica: Replica) -> None:
    replica.submit()
    taken = replica.http.patch(f"/jobs/{JOB}/rescaling?parallelism=4")
    assert taken.status_code == 200
    (event,) = asked(replica)
    assert isinstance(event, RescaleRequested)
    assert (event.parallelism, taken.json()["request-id"]) == (4, event.trigger)


def test_every_trigger_id_is_another(replica: Replica) -> None:
    replica.submit()
    ids = {replica.http.post(f"/jobs/{JOB}/checkpoints").json()["request-id"] for _ in range(3)}
    assert len(ids) == 3 and len(asked(replica)) == 3


REPEATED = [
    ("POST", "checkpoints", {"triggerId": TRIGGER}, "checkpoint", {"checkpoint": 7}, {"checkpointId": 7}),
    (
        "POST",
        "savepoints",
        {"target-directory": "/s", "triggerId": TRIGGER},
        "savepoint",
        {"location": "/s/savepoint-1/_metadata"},
        {"location": "/s/savepoint-1"},
    ),
    (
        "POST",
        "stop",
        {"targetDirectory": "/s", "triggerId": TRIGGER},
        "stop",
        {"location": "/s/savepoint-1"},
        {"location": "/s/savepoint-1"},
    ),
    ("PATCH", f"rescaling?parallelism=3&triggerId={TRIGGER}", None, "rescale", {"location": "/s/x"}, {}),
]


@pytest.mark.parametrize(("method", "path", "body", "kind", "fields", "operation"), REPEATED)
def test_a_repeated_request_is_one_and_is_told_from_start_to_end(
    replica: Replica, method: str, path: str, body: Any, kind: str, fields: Any, operation: Any
) -> None:
    replica.submit()
    resource = "savepoints" if kind in ("savepoint", "stop") else path.partition("?")[0]
    look = f"/v1/jobs/{JOB}/{resource}/{TRIGGER}"
    assert replica.http.get(look).status_code == 404
    for _ in range(2):
        taken = replica.http.request(method, f"/jobs/{JOB}/{path}", json=body)
        assert taken.json()["request-id"] == TRIGGER
    assert len(asked(replica)) == 1
    assert replica.http.get(look).json() == IN_PROGRESS  # nobody has read it yet
    answer(replica, kind, "IN_PROGRESS")
    assert replica.http.get(look).json() == IN_PROGRESS
    answer(replica, kind, "COMPLETED", **fields)
    assert replica.http.get(look).json() == {"status": {"id": "COMPLETED"}, "operation": operation}
    assert replica.http.request(method, f"/jobs/{JOB}/{path}", json=body).json()["request-id"] == TRIGGER
    assert len(asked(replica)) == 1


@pytest.mark.parametrize(
    ("kind", "resource", "cause"),
    [
        ("savepoint", "savepoints", "failure-cause"),
        ("stop", "savepoints", "failure-cause"),
        ("checkpoint", "checkpoints", "failureCause"),
        ("rescale", "rescaling", "failure-cause"),
    ],
)
def test_a_failed_request_tells_why(replica: Replica, kind: str, resource: str, cause: str) -> None:
    replica.submit()
    answer(replica, kind, "FAILED", failure=Failure(message="CheckpointException: not all tasks run", traceback="T…"))
    told = replica.http.get(f"/jobs/{JOB}/{resource}/{TRIGGER}").json()
    assert told["status"] == {"id": "COMPLETED"}
    assert set(told["operation"]) == {cause}
    failure = told["operation"][cause]
    assert (failure["class"], failure["stack-trace"]) == ("CheckpointException", "T…")
    assert b"CheckpointException: not all tasks run" in base64.b64decode(failure["serialized-throwable"])


def test_an_id_of_another_kind_is_not_found_and_not_taken_over(replica: Replica) -> None:
    replica.submit()
    answer(replica, "rescale", "COMPLETED")
    assert replica.http.get(f"/jobs/{JOB}/savepoints/{TRIGGER}").status_code == 404
    again = replica.http.post(f"/jobs/{JOB}/checkpoints", json={"triggerId": TRIGGER})
    assert (again.status_code, asked(replica)) == (409, [])
    assert again.json()["errors"][0].startswith(f"trigger id {TRIGGER} is taken by another request (rescale)")


def test_what_the_jobmaster_has_read_is_not_looked_for_in_the_stream(replica: Replica) -> None:
    """An old request whose row has gone is forgotten, though its event may still be there."""
    replica.submit()
    replica.http.post(f"/jobs/{JOB}/checkpoints", json={"triggerId": TRIGGER})
    stream = replica.coordination.keys.events(f"job:{JOB}")
    role, store = f"job:{JOB}", replica.coordination.store
    epoch = replica.coordination.leases.acquire(role, "leader", 60_000)
    assert epoch is not None
    last = replica.coordination.events.last_id(stream)
    commit = Commit(role=role, epoch=epoch, revision=store.load(role).revision, nonce="read", cursor=last)
    assert store.commit(commit) == "OK"
    replica.reader.cache.clear()
    assert replica.http.get(f"/jobs/{JOB}/checkpoints/{TRIGGER}").status_code == 404


def test_a_request_read_between_two_looks_is_found(replica: Replica) -> None:
    """The cached view is from before the request, the stream already trimmed behind it."""
    replica.submit()
    assert replica.http.get(f"/jobs/{JOB}/status").json() == {"status": "INITIALIZING"}
    role, store = f"job:{JOB}", replica.coordination.store
    epoch = replica.coordination.leases.acquire(role, "leader", 60_000)
    assert epoch is not None
    row = TriggerRow(trigger=TRIGGER, kind="checkpoint", state="COMPLETED", time=1, checkpoint=3)
    rows = {f"trigger:{TRIGGER}": encode(row)}
    commit = Commit(role=role, epoch=epoch, revision=store.load(role).revision, nonce="n", rows=dict(rows))
    assert store.commit(commit) == "OK"
    assert replica.http.get(f"/jobs/{JOB}/checkpoints/{TRIGGER}").json()["operation"] == {"checkpointId": 3}


@pytest.mark.parametrize("path", ["checkpoints", "savepoints", "stop"])
def test_of_a_job_that_has_ended_409(replica: Replica, path: str) -> None:
    replica.submit(graph(configuration={"execution.checkpointing.savepoint-dir": "/s"}))
    replica.job_row(JobState.FINISHED, start_time=1, end_time=2)
    refused = replica.http.post(f"/jobs/{JOB}/{path}")
    assert (refused.status_code, asked(replica)) == (409, [])
    assert refused.json() == {"errors": [f"Job {JOB} has ended: it is FINISHED"]}
    assert replica.http.patch(f"/jobs/{JOB}/rescaling?parallelism=2").status_code == 409


def test_a_request_that_the_end_of_the_job_has_overtaken_has_failed(replica: Replica) -> None:
    replica.submit()
    replica.http.post(f"/jobs/{JOB}/savepoints", json={"target-directory": "/s", "triggerId": TRIGGER})
    replica.job_row(JobState.CANCELED, start_time=1, end_time=2)
    told = replica.http.get(f"/jobs/{JOB}/savepoints/{TRIGGER}").json()
    assert told["operation"]["failure-cause"]["stack-trace"] == f"Job {JOB} has ended: it is CANCELED"


def test_the_directory_is_the_requests_then_the_jobs_then_the_clusters() -> None:
    replica = Replica(**{"execution.checkpointing.savepoint-dir": "/cluster"})
    replica.submit()
    replica.http.post(f"/jobs/{JOB}/savepoints")
    own = Replica(**{"execution.checkpointing.savepoint-dir": "/cluster"})
    own.submit(graph(configuration={"state.savepoints.dir": "/job"}))
    own.http.post(f"/jobs/{JOB}/savepoints")
    own.http.post(f"/jobs/{JOB}/savepoints", json={"target-directory": "/mine"})
    assert [e.directory for e in asked(replica) if isinstance(e, CheckpointRequested)] == ["/cluster"]
    assert [e.directory for e in asked(own) if isinstance(e, CheckpointRequested)] == ["/job", "/mine"]


NO_DIRECTORY = "Config key [execution.checkpointing.savepoint-dir] is not set. Property [{}] must be provided."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", f"/jobs/{JOB}/savepoints", {}, 400, NO_DIRECTORY.format("target-directory")),
        ("POST", f"/jobs/{JOB}/savepoints", {"target-directory": None}, 400, NO_DIRECTORY.format("target-directory")),
        ("POST", f"/jobs/{JOB}/stop", {}, 400, NO_DIRECTORY.format("targetDirectory")),
        (
            "POST",
            f"/jobs/{JOB}/stop",
            {"target-directory": "/s"},
            400,
            "Request did not match expected format StopWithSavepointRequestBody: Object contains unknown field",
        ),
        (
            "POST",
            f"/jobs/{JOB}/savepoints",
            {"cancel-job": "yes"},
            400,
            "Request did not match expected format SavepointTriggerRequestBody",
        ),
        ("POST", f"/jobs/{JOB}/savepoints", {"target-directory": "/s", "formatType": "ZIP"}, 400, "Request did not"),
        ("POST", f"/jobs/{JOB}/savepoints", [], 400, "the request's body is a JSON list"),
        (
            "POST",
            f"/jobs/{JOB}/savepoints",
            {"target-directory": "/s", "triggerId": "7"},
            400,
            "triggerId '7' is not an id of 32 lower-case hex digits",
        ),
        ("POST", f"/jobs/{JOB}/checkpoints", {"checkpointType": "INCREMENTAL"}, 400, "checkpointType INCREMENTAL"),
        ("POST", f"/jobs/{JOB}/checkpoints", {"checkpointType": "HALF"}, 400, "Request did not match"),
        ("POST", f"/jobs/{'f' * 32}/checkpoints", {}, 404, f"Job {'f' * 32} not found"),
        ("POST", f"/jobs/{'f' * 32}/savepoints", {}, 404, f"Job {'f' * 32} not found"),
        ("POST", f"/jobs/{'f' * 32}/stop", {"targetDirectory": "/s"}, 404, f"Job {'f' * 32} not found"),
        ("POST", "/jobs/xyz/savepoints", {}, 400, "jobid 'xyz' is not an id of 32 hex digits"),
        ("PATCH", f"/jobs/{'f' * 32}/rescaling?parallelism=1", None, 404, f"Job {'f' * 32} not found"),
        ("PATCH", f"/jobs/{JOB}/rescaling", None, 400, "query parameter parallelism is missing"),
        ("PATCH", f"/jobs/{JOB}/rescaling?parallelism=0", None, 400, "query parameter parallelism is '0'"),
        ("PATCH", f"/jobs/{JOB}/rescaling?parallelism=two", None, 400, "query parameter parallelism is 'two'"),
        ("PATCH", f"/jobs/{JOB}/rescaling?parallelism=129", None, 400, "parallelism 129 is above the job's maximum"),
        ("GET", f"/jobs/{JOB}/savepoints/{OTHER}", None, 404, f"Operation not found under key: {OTHER} of job {JOB}"),
        ("GET", f"/jobs/{JOB}/checkpoints/{OTHER}", None, 404, "Operation not found under key"),
        ("GET", f"/jobs/{JOB}/rescaling/{OTHER}", None, 404, "Operation not found under key"),
        ("GET", f"/jobs/{JOB}/savepoints/x", None, 400, "triggerid 'x' is not an id of 32 hex digits"),
        ("GET", f"/jobs/{'f' * 32}/savepoints/{OTHER}", None, 404, f"Job {'f' * 32} not found"),
    ],
)
def test_what_is_refused(replica: Replica, method: str, path: str, body: Any, status: int, message: str) -> None:
    replica.submit()
    refused = replica.http.request(method, path, json=body)
    assert refused.status_code == status
    assert refused.json()["errors"][0].startswith(message)
    assert asked(replica) == []


def test_redis_away_is_503(replica: Replica) -> None:
    replica.submit()
    replica.coordination.space.away = True
    replica.reader.cache.clear()
    assert replica.http.post(f"/jobs/{JOB}/checkpoints").status_code == 503
    assert replica.http.get(f"/jobs/{JOB}/checkpoints/{TRIGGER}").status_code == 503
