"""Metrics of jobs by Flink's names: values as text of one job, numbers over several."""

import pytest

from penstock.coordination.rows import RestartRow
from penstock.graph.states import JobState

from .checkpoint_rows import BEGIN, several_checkpoints
from .replica import JOB, Replica, graph

OTHER = "f" * 32


@pytest.fixture
def told(replica: Replica) -> Replica:
    replica.submit()
    several_checkpoints(replica)
    replica.job_row(JobState.RUNNING, start_time=BEGIN, timestamps={"RUNNING": BEGIN + 40_000})
    replica.commit(f"job:{JOB}", {"restart": RestartRow(restarts=2)})
    return replica


def test_values_of_a_job_are_text(told: Replica) -> None:
    names = "numRestarts,numberOfCompletedCheckpoints,lastCheckpointDuration,lastCheckpointSize,lastCheckpointFullSize"
    names += ",lastCheckpointExternalPath,uptime,numberOfFailedCheckpoints,noSuchMetric"
    found = {m["id"]: m["value"] for m in told.http.get(f"/v1/jobs/{JOB}/metrics?get={names}").json()}
    assert found == {
        "numRestarts": "2",
        "numberOfCompletedCheckpoints": "3",
        "lastCheckpointDuration": "60",
        "lastCheckpointSize": "0",
        "lastCheckpointFullSize": "200",
        "lastCheckpointExternalPath": "/s/savepoint-012345-abc",
        "uptime": "60000",
        "numberOfFailedCheckpoints": "1",
    }


def test_without_get_only_names(told: Replica) -> None:
    listed = told.http.get(f"/jobs/{JOB}/metrics").json()
    assert {"id": "totalNumberOfCheckpoints"} in listed
    assert {"id": "numRestarts"} in told.http.get("/jobs/metrics").json()


def test_what_is_not_yet(replica: Replica) -> None:
    replica.submit()
    names = "lastCheckpointDuration,lastCheckpointExternalPath,numRestarts"
    found = replica.http.get(f"/jobs/{JOB}/metrics?get={names}").json()
    assert [m["value"] for m in found] == ["-1", "n/a", "0"]


def test_over_jobs(told: Replica) -> None:
    told.submit(graph(OTHER))
    told.commit(f"job:{OTHER}", {"restart": RestartRow(restarts=4)})
    (over_all,) = told.http.get("/v1/jobs/metrics?get=numRestarts").json()
    assert over_all == {
        "id": "numRestarts",
        "min": 2.0,
        "max": 4.0,
        "avg": 3.0,
        "sum": 6.0,
        "skew": pytest.approx(100 / 3),
    }
    (of_one,) = told.http.get(f"/jobs/metrics?get=numRestarts&agg=max&jobs={OTHER}").json()
    assert of_one == {"id": "numRestarts", "max": 4.0}
    assert told.http.get("/jobs/metrics?get=lastCheckpointExternalPath,noSuch").json() == []


def test_ended_jobs_do_not_count_unless_named(told: Replica) -> None:
    told.job_row(JobState.FINISHED, start_time=BEGIN, end_time=BEGIN + 1)
    assert told.http.get("/jobs/metrics?get=numRestarts").json() == []
    assert told.http.get(f"/jobs/metrics?get=numRestarts&jobs={JOB}&agg=sum").json()[0]["sum"] == 2


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/jobs/metrics?agg=median", 400, "agg 'median' is not one of: min, max, avg, sum, skew"),
        ("/jobs/metrics?jobs=7", 400, "job id '7' is not an id of 32 hex digits"),
        (f"/jobs/metrics?jobs={'e' * 32}", 404, f"Job {'e' * 32} not found"),
        (f"/jobs/{'e' * 32}/metrics", 404, f"Job {'e' * 32} not found"),
    ],
)
def test_what_is_refused(told: Replica, path: str, status: int, message: str) -> None:
    refused = told.http.get(path)
    assert (refused.status_code, refused.json()) == (status, {"errors": [message]})
