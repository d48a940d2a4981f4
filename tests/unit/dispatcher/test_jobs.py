"""The resources of jobs: states, counts, times, metrics, cancellation, and what is refused."""

import msgspec
import pytest

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelRequested, decode, encode
from penstock.coordination.operations import Commit, DeleteKey, LeaderState, SetKey
from penstock.coordination.rows import FailureRow, JobRow, SubtaskMetrics, Tombstone
from penstock.graph.states import ExecutionState, JobState

from .replica import JOB, SINK, SOURCE, Replica, graph, running

BEGIN = 1_700_000_000_000


def test_a_submitted_job_is_there_at_once(replica: Replica) -> None:
    replica.submit()
    job = replica.http.get(f"/jobs/{JOB}").json()
    assert (job["state"], job["name"], job["end-time"]) == ("INITIALIZING", "word count", -1)
    assert [v["status"] for v in job["vertices"]] == ["CREATED", "CREATED"]
    assert job["vertices"][0]["tasks"]["CREATED"] == 2
    assert replica.http.get("/jobs").json() == {"jobs": [{"id": JOB, "status": "INITIALIZING"}]}


def test_a_job_that_waits_for_slots_says_so(replica: Replica) -> None:
    replica.submit()
    replica.job_row(JobState.CREATED, start_time=BEGIN, message="waiting for 2 of 4 slots")
    assert replica.http.get(f"/jobs/{JOB}").json()["message"] == "waiting for 2 of 4 slots"
    assert replica.http.get("/jobs/overview").json()["jobs"][0]["message"] == "waiting for 2 of 4 slots"


def test_details_of_a_running_job(replica: Replica) -> None:
    replica.submit()
    replica.job_row(JobState.RUNNING, start_time=BEGIN, timestamps={"RUNNING": BEGIN + 50})
    replica.executions(running(SOURCE, 0), running(SOURCE, 1, state=ExecutionState.DEPLOYING), running(SINK, 0))
    replica.coordination.metrics.put(JOB, SOURCE, 0, SubtaskMetrics(attempt=0, records_out=10, backpressured_ms=3))
    replica.coordination.metrics.put(JOB, SOURCE, 1, SubtaskMetrics(attempt=0, records_out=32, backpressured_ms=4))
    job = replica.http.get(f"/jobs/{JOB}").json()
    source, sink = job["vertices"]
    assert (job["duration"], job["now"]) == (100_000, BEGIN + 100_000)
    assert job["timestamps"]["RUNNING"] == BEGIN + 50
    assert job["timestamps"]["FAILED"] == 0
    assert source["status"] == "RUNNING"
    assert (source["tasks"]["RUNNING"], source["tasks"]["DEPLOYING"]) == (1, 1)
    assert (source["start-time"], source["end-time"], source["duration"]) == (BEGIN + 1000, -1, 99_000)
    assert source["metrics"]["write-records"] == 42
    assert source["metrics"]["write-records-complete"] is True
    assert source["metrics"]["accumulated-backpressured-time"] == 7
    assert sink["metrics"]["read-records-complete"] is False
    assert job["status-counts"]["RUNNING"] == 2


def test_counters_of_an_older_attempt_do_not_count(replica: Replica) -> None:
    replica.submit()
    replica.coordination.metrics.put(JOB, SINK, 0, SubtaskMetrics(attempt=0, records_in=10))
    replica.executions(running(SINK, 0, attempt=1))
    metrics = replica.http.get(f"/jobs/{JOB}").json()["vertices"][1]["metrics"]
    assert (metrics["read-records"], metrics["read-records-complete"]) == (0, False)


def test_plan_has_a_node_for_each_vertex(replica: Replica) -> None:
    replica.submit()
    source, sink = replica.http.get(f"/jobs/{JOB}/plan").json()["plan"]["nodes"]
    assert "inputs" not in source
    assert source["description"] == "Source: lines<br/>+- Map &lt;x&gt;<br/>"
    assert sink["inputs"] == [{"num": 0, "id": SOURCE, "ship_strategy": "REBALANCE", "exchange": "pipelined_bounded"}]


def test_vertex_shows_attempts_and_times_in_states(replica: Replica) -> None:
    replica.submit()
    end = {"CREATED": BEGIN, "SCHEDULED": BEGIN + 5, "DEPLOYING": BEGIN + 10, "RUNNING": BEGIN + 30}
    finished = running(SOURCE, 0, state=ExecutionState.FINISHED, timestamps={**end, "FINISHED": BEGIN + 70}, attempt=3)
    replica.executions(finished, running(SOURCE, 1))
    first, second = replica.http.get(f"/jobs/{JOB}/vertices/{SOURCE}").json()["subtasks"]
    assert (first["attempt"], first["status"], first["endpoint"]) == (3, "FINISHED", "box:1234")
    assert (first["start-time"], first["end-time"], first["duration"]) == (BEGIN + 10, BEGIN + 70, 60)
    assert first["status-duration"] == {
        "CREATED": 5,
        "SCHEDULED": 5,
        "DEPLOYING": 20,
        "INITIALIZING": -1,
        "RUNNING": 40,
    }
    assert (second["attempt"], second["end-time"]) == (0, -1)


def test_aggregates_over_subtasks(replica: Replica) -> None:
    replica.submit()
    replica.executions(running(SOURCE, 0), running(SOURCE, 1))
    for subtask, records in enumerate((10, 30)):
        replica.coordination.metrics.put(JOB, SOURCE, subtask, SubtaskMetrics(attempt=0, records_out=records))
    vertex = replica.http.get(f"/jobs/{JOB}/vertices/{SOURCE}").json()
    assert vertex["aggregated"]["metrics"]["write-records"] == {
        "min": 10,
        "max": 30,
        "avg": 20,
        "sum": 40,
        "median": 20,
        "p25": 10,
        "p75": 30,
        "p95": 30,
    }


def test_a_failed_job_tells_its_root_and_stays_readable(replica: Replica) -> None:
    replica.submit()
    first = Failure(message="ValueError: bad", traceback="Traceback (user first)", task_name="Map (1/2)")
    later = Failure(message="CancelledError: other")
    replica.commit(
        f"job:{JOB}",
        {
            "failure:1": FailureRow(time=BEGIN + 10, failure=first),
            "failure:2": FailureRow(time=BEGIN + 20, failure=later),
        },
    )
    replica.job_row(JobState.FAILED, start_time=BEGIN, end_time=BEGIN + 500, root_failure=first)
    told = replica.http.get(f"/jobs/{JOB}/exceptions?maxExceptions=1").json()
    assert [e["exceptionName"] for e in told["exceptionHistory"]["entries"]] == ["CancelledError"]
    assert told["exceptionHistory"]["truncated"] is True
    assert (told["root-exception"], told["timestamp"]) == ("Traceback (user first)", BEGIN + 10)
    result = replica.http.get(f"/jobs/{JOB}/execution-result").json()
    assert result["status"]["id"] == "COMPLETED"
    assert result["job-execution-result"]["application-status"] == "FAILED"
    assert result["job-execution-result"]["net-runtime"] == 500
    assert result["job-execution-result"]["failure-cause"]["stack-trace"] == "Traceback (user first)"


def test_failures_of_one_restart_stand_together(replica: Replica) -> None:
    replica.submit()
    rows = {
        f"failure:{n}": FailureRow(time=BEGIN + n, failure=Failure(message=f"E{n}: x", endpoint="box:1"), concurrent=c)
        for n, c in enumerate([False, True, True, False])
    }
    replica.commit(f"job:{JOB}", rows)
    replica.job_row(JobState.RESTARTING, start_time=BEGIN, timestamps={"RESTARTING": BEGIN + 5})
    history = replica.http.get(f"/jobs/{JOB}/exceptions").json()["exceptionHistory"]
    shown = [(e["exceptionName"], [c["exceptionName"] for c in e["concurrentExceptions"]]) for e in history["entries"]]
    assert shown == [("E3", []), ("E0", ["E1", "E2"])]
    assert history["entries"][1]["concurrentExceptions"][0]["timestamp"] == BEGIN + 1
    assert replica.http.get(f"/jobs/{JOB}").json()["state"] == "RESTARTING"
    assert replica.http.get("/overview").json()["jobs-running"] == 1
    labelled = replica.http.get(f"/jobs/{JOB}/exceptions?failureLabelFilter=type:user").json()
    assert labelled["exceptionHistory"] == {"entries": [], "truncated": False}


def test_after_a_rescale_the_job_is_its_new_graph(replica: Replica) -> None:
    job = replica.submit()
    wider = msgspec.structs.replace(
        job, vertices=tuple(msgspec.structs.replace(vertex, parallelism=4) for vertex in job.vertices)
    )
    stored = replica.coordination.blobs.put(msgspec.json.encode(wider))
    row = JobRow(job=JOB, name="word count", state=JobState.RUNNING, graph=stored, generation=1)
    replica.commit(f"job:{JOB}", {"job": row})
    assert [v["parallelism"] for v in replica.http.get(f"/jobs/{JOB}").json()["vertices"]] == [4, 4]


def test_config_tells_the_effective_restart_strategy() -> None:
    replica = Replica(**{"restart-strategy.fixed-delay.attempts": "7"})
    replica.submit(
        graph(configuration={"restart-strategy.type": "fixed-delay", "execution.checkpointing.interval": "1s"})
    )
    told = replica.http.get(f"/jobs/{JOB}/config").json()["execution-config"]["restart-strategy"]
    assert told == "Restart with fixed delay (PT1S). #7 restart attempts."


def test_a_configuration_that_cannot_be_read_says_so(replica: Replica) -> None:
    replica.submit(graph(configuration={"restart-strategy.type": "sometimes"}))
    answer = replica.http.get(f"/jobs/{JOB}/config")
    assert answer.status_code == 409
    assert "restart-strategy.type" in answer.json()["errors"][0]


def test_execution_result_of_a_running_job_is_in_progress(replica: Replica) -> None:
    replica.submit()
    assert replica.http.get(f"/jobs/{JOB}/execution-result").json() == {
        "status": {"id": "IN_PROGRESS"},
        "job-execution-result": None,
    }


def test_a_job_of_which_only_the_tombstone_is_left(replica: Replica) -> None:
    replica.submit()
    role, keys = f"job:{JOB}", replica.coordination.keys
    epoch = replica.coordination.leases.acquire(role, "leader", 60_000)
    assert epoch is not None
    grave = Tombstone(job=JOB, state=JobState.CANCELED, time=BEGIN + 900, runtime=400)
    buried = Commit(
        role=role,
        epoch=epoch,
        revision=0,
        nonce="n",
        rows={"job": None},
        ops=[SetKey(keys.tombstone(JOB), encode(grave)), DeleteKey(keys.outbox(role))],
    )
    assert replica.coordination.store.commit(buried) == "OK"
    replica.reader.cache.clear()
    job = replica.http.get(f"/jobs/{JOB}").json()
    assert (job["state"], job["start-time"], job["end-time"], job["duration"]) == (
        "CANCELED",
        BEGIN + 500,
        BEGIN + 900,
        400,
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", f"/v1/jobs/{JOB}?mode=cancel"), ("PATCH", f"/jobs/{JOB}"), ("GET", f"/jobs/{JOB}/yarn-cancel")],
)
def test_cancel_tells_the_jobmaster(replica: Replica, method: str, path: str) -> None:
    replica.submit()
    answer = replica.http.request(method, path)
    assert (answer.status_code, answer.json()) == (202, {})
    events = replica.coordination.keys.events(f"job:{JOB}")
    ((_, payload),) = replica.coordination.events.read({events: "0-0"})[events]
    assert isinstance(decode(payload, CancelRequested), CancelRequested)


def test_cancel_of_a_terminal_job_is_409(replica: Replica) -> None:
    replica.submit()
    replica.job_row(JobState.FINISHED, start_time=BEGIN, end_time=BEGIN)
    answer = replica.http.patch(f"/jobs/{JOB}?mode=cancel")
    assert answer.status_code == 409
    assert answer.json() == {"errors": [f"Job {JOB} has ended: it is FINISHED"]}


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/jobs/xyz", 400, "jobid 'xyz' is not an id of 32 hex digits"),
        ("GET", f"/jobs/{'f' * 32}", 404, f"Job {'f' * 32} not found"),
        ("GET", f"/v1/jobs/{'f' * 32}/exceptions", 404, f"Job {'f' * 32} not found"),
        ("PATCH", f"/jobs/{'f' * 32}?mode=cancel", 404, f"Job {'f' * 32} not found"),
        ("PATCH", f"/jobs/{JOB}?mode=pause", 400, "mode 'pause' is not one of: cancel"),
        ("PATCH", f"/jobs/{JOB}?mode=stop", 308, 'The termination mode "stop" has been removed.'),
        ("GET", f"/jobs/{JOB}/exceptions?failureLabelFilter=x", 400, "query parameter failureLabelFilter is 'x'"),
        ("GET", f"/jobs/{JOB}/vertices/{'d' * 32}", 404, f"Vertex {'d' * 32} of job {JOB} not found"),
        ("GET", f"/jobs/{JOB}/vertices/7", 400, "vertexid '7' is not an id of 32 hex digits"),
        ("GET", f"/jobs/{JOB}/exceptions?maxExceptions=0", 400, "query parameter maxExceptions is '0'"),
        ("GET", f"/jobs/{JOB}/exceptions?maxExceptions=many", 400, "query parameter maxExceptions is 'many'"),
        ("DELETE", f"/jobs/{JOB}", 405, f"DELETE is not allowed for /jobs/{JOB}"),
        ("GET", "/no/such/thing", 404, "Not found: /no/such/thing"),
        ("GET", "/v1/nothing", 404, "Not found: /v1/nothing"),
        ("GET", "/taskmanagers/tm-9", 404, "TaskExecutor with id tm-9 not found"),
    ],
)
def test_what_is_refused(replica: Replica, method: str, path: str, status: int, message: str) -> None:
    replica.submit()
    answer = replica.http.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"errors"}
    assert answer.json()["errors"][0].startswith(message)


def test_cancel_can_be_switched_off() -> None:
    replica = Replica(web__cancel__enable="false")
    replica.submit()
    assert replica.http.patch(f"/jobs/{JOB}").status_code == 403


def test_redis_away_is_503_and_to_be_tried_again(replica: Replica) -> None:
    replica.submit()
    replica.coordination.space.away = True
    replica.reader.cache.clear()
    for path in (f"/jobs/{JOB}", "/overview", "/v1/taskmanagers", "/health", "/jobs/overview"):
        answer = replica.http.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path
        assert answer.json()["errors"][0].startswith("Redis is away")
    replica.coordination.space.away = False
    assert replica.http.get(f"/jobs/{JOB}").status_code == 200
    assert replica.http.get("/health").json() == {"status": "ok"}


def test_the_newest_job_comes_first(replica: Replica) -> None:
    replica.submit()
    replica.submit(graph("f" * 32))
    times = dict(replica.coordination.submissions.all())
    listed = [job["jid"] for job in replica.http.get("/jobs/overview").json()["jobs"]]
    assert sorted(listed) == sorted([JOB, "f" * 32])
    assert [times[j] for j in listed] == sorted(times.values(), reverse=True)


def test_the_overview_reads_no_job_again_that_has_ended(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "e" * 32
    for job in (JOB, other):
        replica.submit(graph(job))
    replica.job_row(JobState.FINISHED)
    replica.job_row(JobState.RUNNING, other)
    loaded, load = list[str](), replica.coordination.store.load

    def noted(role: str) -> LeaderState:
        loaded.append(role)
        return load(role)

    monkeypatch.setattr(replica.coordination.store, "load", noted)
    for state, live in ((JobState.RUNNING, 1), (JobState.RESTARTING, 1), (JobState.FAILED, 0)):
        replica.job_row(state, other)
        counts = replica.http.get("/overview").json()
        assert (counts["jobs-finished"], counts["jobs-running"], counts["jobs-failed"]) == (1, live, 1 - live)
    assert loaded.count(f"job:{JOB}") == 1
