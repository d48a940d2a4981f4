"""What is told of a vertex's subtasks: rates, watermarks, back pressure, places."""

import pytest

from penstock.coordination.failure import Failure
from penstock.coordination.rows import AttemptsRow, SubtaskMetrics
from penstock.graph.states import ExecutionState, JobState

from .replica import JOB, SINK, SOURCE, Replica, running

VERTEX = f"/jobs/{JOB}/vertices/{SOURCE}"


@pytest.fixture
def measured(replica: Replica) -> Replica:
    replica.taskmanager()
    replica.submit()
    replica.executions(running(SOURCE, 0), running(SOURCE, 1, attempt=2), running(SINK, 0))
    replica.job_row(JobState.RUNNING, start_time=1_700_000_000_000)
    put = replica.coordination.metrics.put
    put(JOB, SOURCE, 0, SubtaskMetrics(attempt=0, records_out=10, records_out_rate=4.0, backpressured_rate=620.0))
    put(
        JOB,
        SOURCE,
        1,
        SubtaskMetrics(
            attempt=2,
            records_out=30,
            records_out_rate=8.0,
            records_read=70,
            records_read_rate=7.5,
            busy_rate=1003.0,
            watermark=1234,
            user={"Map <x>.words.seen": 7, "Map <x>.lag.rate": 0.5, "Map <x>.mode": "slow"},
        ),
    )
    return replica


def test_backpressure_is_that_of_the_worst_subtask(measured: Replica) -> None:
    told = measured.http.get(f"{VERTEX}/backpressure").json()
    assert (told["backpressure-level"], told["backpressureLevel"]) == ("high", "high")
    first, second = told["subtasks"]
    assert (first["ratio"], first["backpressure-level"]) == (0.62, "high")
    assert (second["ratio"], second["backpressure-level"], second["busyRatio"]) == (0.0, "ok", 1.0)
    assert second["attempt-number"] == 2


def test_watermarks_are_text_and_only_those_that_there_are(measured: Replica) -> None:
    assert measured.http.get(f"{VERTEX}/watermarks").json() == [{"id": "1.currentInputWatermark", "value": "1234"}]


def test_metrics_of_a_vertex_have_the_subtask_before_the_name(measured: Replica) -> None:
    found = measured.http.get(f"{VERTEX}/metrics?get=0.numRecordsOut,1.numRecordsOutPerSecond,2.numRecordsOut").json()
    assert found == [{"id": "0.numRecordsOut", "value": "10"}, {"id": "1.numRecordsOutPerSecond", "value": "8.0"}]
    assert {"id": "1.Map_<x>.words.seen"} in measured.http.get(f"{VERTEX}/metrics").json()


def test_metrics_of_users_have_their_operator_before_the_name(measured: Replica) -> None:
    url = f"{VERTEX}/subtasks/1/metrics?get="
    found = measured.http.get(f"{url}Map_<x>.words.seen,Map_<x>.mode,Map_<x>.numRecordsOut").json()
    assert [m["value"] for m in found] == ["7", "slow", "30"]
    read = "Source__lines.numRecordsIn,Source__lines.numRecordsInPerSecond,numRecordsIn"
    assert [m["value"] for m in measured.http.get(url + read).json()] == ["70", "7.5", "0"]


def test_metrics_over_subtasks(measured: Replica) -> None:
    url = f"{VERTEX}/subtasks/metrics?get=numRecordsOut,Map_<x>.mode"
    assert measured.http.get(url).json() == [
        {"id": "numRecordsOut", "min": 10.0, "max": 30.0, "avg": 20.0, "sum": 40.0, "skew": 50.0}
    ]
    assert measured.http.get(f"{url}&subtasks=1&agg=sum").json() == [{"id": "numRecordsOut", "sum": 30.0}]
    assert measured.http.get(f"{url}&subtasks=0-7&agg=sum").json() == [{"id": "numRecordsOut", "sum": 40.0}]
    assert measured.http.get(f"{url}&subtasks=3-999999").json() == []


def test_subtasks_by_taskmanager(measured: Replica) -> None:
    ended = running(SOURCE, 0, state=ExecutionState.FINISHED, timestamps={"DEPLOYING": 5, "FINISHED": 9})
    measured.executions(ended)
    (place,) = measured.http.get(f"{VERTEX}/taskmanagers").json()["taskmanagers"]
    assert (place["taskmanager-id"], place["status"], place["start-time"]) == ("tm-1", "RUNNING", 5)
    assert place["status-counts"]["FINISHED"] == place["status-counts"]["RUNNING"] == 1
    assert place["aggregated"]["metrics"]["write-records"]["sum"] == 40


def test_earlier_attempts_that_are_remembered_are_told_like_the_current_one(measured: Replica) -> None:
    failure = Failure(message="ValueError: bad line")
    times = {"DEPLOYING": 5, "RUNNING": 7, "FAILED": 19}
    first = running(SOURCE, 1, state=ExecutionState.FAILED, failure=failure, timestamps=times)
    measured.coordination.space.delete(measured.coordination.keys.metrics(JOB))
    before = SubtaskMetrics(attempt=0, records_in=3, records_out=30, bytes_out=300, busy_ms=12)
    for metrics in (before, SubtaskMetrics(attempt=2, records_out=1)):
        measured.coordination.metrics.put_all(JOB, {(SOURCE, 1): metrics}, 16)
    history = AttemptsRow(vertex=SOURCE, subtask=1, attempts=(first,))
    measured.commit(f"job:{JOB}", {f"attempts:{SOURCE}:1": history})
    told = measured.http.get(f"{VERTEX}/subtasks/1/attempts/0").json()
    assert (told["attempt"], told["status"], told["start-time"], told["end-time"]) == (0, "FAILED", 5, 19)
    assert told["taskmanager-id"] == "tm-1"
    counted = {name: told["metrics"][name] for name in ("read-records", "write-records", "write-bytes")}
    assert counted == {"read-records": 3, "write-records": 30, "write-bytes": 300}
    assert told["metrics"]["write-records-complete"] and told["metrics"]["accumulated-busy-time"] == 12
    assert measured.http.get(f"{VERTEX}/subtasks/1/attempts/0/accumulators").json()["attempt"] == 0
    assert measured.http.get(f"{VERTEX}/subtasks/1/attempts/1").status_code == 404
    assert measured.http.get(f"{VERTEX}/subtasks/1").json()["attempt"] == 2
    shown = measured.http.get(f"/penstock/views/jobs/{JOB}/attempts").json()["vertices"]
    ((subtask, (attempt,)),) = shown[SOURCE].items()
    assert (subtask, attempt["attempt"], attempt["failure"]) == ("1", 0, "ValueError: bad line")
    assert (attempt["records-in"], attempt["records-out"]) == (3, 30)
    assert shown[SINK] == {}


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"{VERTEX}/subtasks/2", 404, f"Subtask 2 of vertex {SOURCE} not found: it has 2"),
        (f"{VERTEX}/subtasks/2/metrics", 404, f"Subtask 2 of vertex {SOURCE} not found"),
        (f"{VERTEX}/subtasks/x", 400, "subtaskindex 'x' is not a whole number"),
        (f"{VERTEX}/subtasks/1/attempts/0", 404, f"Attempt 0 of subtask 1 of vertex {SOURCE} not found: the current"),
        (f"{VERTEX}/subtasks/metrics?subtasks=3-1", 400, "subtasks '3-1' is not a subtask (3) or a range"),
        (f"{VERTEX}/subtasks/metrics?agg=mode", 400, "agg 'mode' is not one of"),
        (f"/jobs/{JOB}/vertices/{'e' * 32}/backpressure", 404, f"Vertex {'e' * 32} of job {JOB} not found"),
        ("/taskmanagers/tm-7/metrics", 404, "TaskExecutor with id tm-7 not found"),
        ("/taskmanagers/metrics?taskmanagers=tm-7", 404, "TaskExecutor with id tm-7 not found"),
    ],
)
def test_what_is_refused(measured: Replica, path: str, status: int, message: str) -> None:
    refused = measured.http.get(path)
    assert refused.status_code == status
    assert refused.json()["errors"][0].startswith(message)
    assert measured.http.get(f"{VERTEX}/subtasks/1/attempts/2").json()["attempt"] == 2


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (
            f"{VERTEX}/subtasks/metrics",
            "numRecordsIn numRecordsOut numRecordsInPerSecond numRecordsOutPerSecond numBytesIn numBytesOut "
            "busyTimeMsPerSecond backPressuredTimeMsPerSecond idleTimeMsPerSecond accumulateBusyTimeMs "
            "currentInputWatermark Source__lines.numRecordsInPerSecond",
        ),
        (
            f"/jobs/{JOB}/metrics",
            "uptime downtime fullRestarts numRestarts lastCheckpointSize lastCheckpointDuration "
            "lastCheckpointExternalPath totalNumberOfCheckpoints numberOfCompletedCheckpoints "
            "numberOfFailedCheckpoints",
        ),
        (
            "/jobmanager/metrics",
            "numRunningJobs taskSlotsTotal taskSlotsAvailable numRegisteredTaskManagers Status.JVM.CPU.Load "
            "Status.JVM.Memory.Heap.Used Status.JVM.Memory.Heap.Max",
        ),
        (
            "/taskmanagers/metrics",
            "Status.JVM.Memory.Heap.Used Status.JVM.Memory.Heap.Max Status.Flink.Memory.Managed.Used "
            "Status.Flink.Memory.Managed.Total Status.Shuffle.Netty.UsedMemory Status.Shuffle.Netty.TotalMemory",
        ),
    ],
)
def test_what_flinks_dashboard_and_autoscaler_ask_for_is_there(measured: Replica, path: str, names: str) -> None:
    assert set(names.split()) <= {metric["id"] for metric in measured.http.get(path).json()}
