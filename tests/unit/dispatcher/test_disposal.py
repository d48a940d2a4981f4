"""`/savepoint-disposal`: what is removed, how it is told, and what becomes of it where a replica dies."""

import pytest

from penstock_dispatcher.disposal_store import DisposalRow

from .replica import Replica

TRIGGER = "7" * 32


def test_a_savepoint_is_removed(replica: Replica) -> None:
    replica.savepoints.there = {"/s/savepoint-1", "/s/savepoint-2"}
    taken = replica.http.post("/v1/savepoint-disposal", json={"savepoint-path": "/s/savepoint-1"})
    assert taken.status_code == 200
    told = replica.http.get(f"/savepoint-disposal/{taken.json()['request-id']}").json()
    assert told == {"status": {"id": "COMPLETED"}, "operation": {}}
    assert replica.savepoints.there == {"/s/savepoint-2"}


def test_a_repeated_request_is_one(replica: Replica) -> None:
    replica.savepoints.there = {"/s/savepoint-1"}
    for _ in range(2):
        body = {"savepoint-path": "/s/savepoint-1", "triggerId": TRIGGER}
        assert replica.http.post("/savepoint-disposal", json=body).json() == {"request-id": TRIGGER}
        assert replica.http.get(f"/savepoint-disposal/{TRIGGER}").json()["operation"] == {}


def test_one_that_is_not_there_says_so(replica: Replica) -> None:
    taken = replica.http.post("/savepoint-disposal", json={"savepoint-path": "/nowhere"}).json()
    told = replica.http.get(f"/savepoint-disposal/{taken['request-id']}").json()
    assert told["status"] == {"id": "COMPLETED"}
    assert told["operation"]["failure-cause"]["stack-trace"] == "/nowhere: there is no checkpoint or savepoint"


@pytest.mark.parametrize("by", ["http://127.0.0.1:8081", "http://10.0.0.9:8081"])
def test_one_under_way_is_told_only_of_a_replica_that_lives(replica: Replica, by: str) -> None:
    replica.disposals.put(DisposalRow(trigger=TRIGGER, path="/s/x", by=by))
    told = replica.http.get(f"/savepoint-disposal/{TRIGGER}").json()
    if by == replica.dispatcher.address:
        assert told == {"status": {"id": "IN_PROGRESS"}, "operation": None}
    else:
        assert "ended before /s/x was gone" in told["operation"]["failure-cause"]["stack-trace"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Request did not match expected format SavepointDisposalRequest: Object missing required field"),
        ({"savepoint-path": " "}, "savepoint-path is empty"),
        ({"savepoint-path": "/s", "force": True}, "Request did not match expected format"),
    ],
)
def test_bad_requests(replica: Replica, body: object, message: str) -> None:
    refused = replica.http.post("/savepoint-disposal", json=body)
    assert refused.status_code == 400
    assert refused.json()["errors"][0].startswith(message)


def test_unknown_ids(replica: Replica) -> None:
    assert replica.http.get(f"/savepoint-disposal/{TRIGGER}").status_code == 404
    assert replica.http.get("/savepoint-disposal/x").status_code == 400
