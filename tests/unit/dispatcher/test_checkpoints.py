"""The resources of a job's checkpoints: counts, summary, latest, history, details by vertex and subtask."""

import pytest

from penstock.coordination.rows import CheckpointTasksRow

from .checkpoint_rows import BEGIN, checkpoint, several_checkpoints
from .replica import JOB, SINK, SOURCE, Replica, graph

PATH = f"/jobs/{JOB}/checkpoints"


@pytest.fixture
def told(replica: Replica) -> Replica:
    replica.submit()
    several_checkpoints(replica)
    return replica


def test_counts_and_history_newest_first(told: Replica) -> None:
    answer = told.http.get(PATH).json()
    assert answer["counts"] == {"restored": 2, "total": 5, "in_progress": 1, "completed": 3, "failed": 1}
    shown = [(c["id"], c["status"], c["className"], c["checkpoint_type"]) for c in answer["history"]]
    assert shown == [
        (5, "IN_PROGRESS", "in_progress", "SYNC_SAVEPOINT"),
        (4, "COMPLETED", "completed", "SAVEPOINT"),
        (3, "FAILED", "failed", "CHECKPOINT"),
        (2, "COMPLETED", "completed", "UNALIGNED_CHECKPOINT"),
        (1, "COMPLETED", "completed", "CHECKPOINT"),
    ]
    assert all(c["tasks"] == {} for c in answer["history"])


def test_a_job_without_checkpoints_has_empty_statistics(replica: Replica) -> None:
    replica.submit()
    answer = replica.http.get(PATH).json()
    assert answer["counts"] == {"restored": 0, "total": 0, "in_progress": 0, "completed": 0, "failed": 0}
    assert answer["latest"] == {"completed": None, "savepoint": None, "failed": None, "restored": None}
    assert answer["summary"]["state_size"] == {
        "min": 0,
        "max": 0,
        "avg": 0,
        **dict.fromkeys(("p50", "p90", "p95", "p99", "p999"), "NaN"),
    }


def test_latest_of_each_kind(told: Replica) -> None:
    latest = told.http.get(PATH).json()["latest"]
    assert latest["completed"]["id"] == 2  # a savepoint is no checkpoint here
    assert (latest["savepoint"]["id"], latest["savepoint"]["external_path"]) == (4, "/s/savepoint-012345-abc")
    assert latest["savepoint"]["savepointFormat"] == "CANONICAL"
    assert latest["failed"]["failure_message"] == "a task declined it"
    assert (latest["failed"]["failure_timestamp"], latest["failed"]["end_to_end_duration"]) == (BEGIN + 3200, 200)
    assert latest["restored"] == {
        "id": 1,
        "restore_timestamp": BEGIN + 1500,
        "is_savepoint": False,
        "external_path": "/c/chk-1",
    }


def test_the_savepoint_of_a_rescaling_is_not_the_users(told: Replica) -> None:
    internal = checkpoint(6, "COMPLETED", 9, owned=True, discarded=True, options={"savepoint": True, "stop": "suspend"})
    told.commit(f"job:{JOB}", {"checkpoint:6": internal})
    answer = told.http.get(PATH).json()
    assert (answer["history"][0]["id"], answer["latest"]["savepoint"]["id"]) == (6, 4)


def test_summary_is_over_the_completed_ones(told: Replica) -> None:
    summary = told.http.get(PATH).json()["summary"]
    assert summary["end_to_end_duration"] == {
        "min": 40,
        "max": 80,
        "avg": 60,
        "p50": 60.0,
        "p90": 80.0,
        "p95": 80.0,
        "p99": 80.0,
        "p999": 80.0,
    }
    assert (summary["state_size"]["max"], summary["checkpointed_size"]["max"]) == (240, 90)


def test_one_under_way_counts_what_is_acknowledged(told: Replica) -> None:
    pending = told.http.get(PATH).json()["history"][0]
    assert (pending["num_subtasks"], pending["num_acknowledged_subtasks"]) == (3, 1)
    assert (pending["state_size"], pending["latest_ack_timestamp"]) == (10, BEGIN + 5025)
    assert pending["end_to_end_duration"] == 25
    details = told.http.get(f"{PATH}/details/5").json()["tasks"]
    assert (details[SOURCE]["num_subtasks"], details[SOURCE]["num_acknowledged_subtasks"]) == (2, 1)
    assert (details[SINK]["num_acknowledged_subtasks"], details[SINK]["latest_ack_timestamp"]) == (0, -1)
    subtasks = told.http.get(f"{PATH}/details/5/subtasks/{SOURCE}").json()["subtasks"]
    assert subtasks[0] == {"className": "pending", "index": 0, "status": "pending_or_failed"}
    assert (subtasks[1]["className"], subtasks[1]["ack_timestamp"]) == ("completed", BEGIN + 5025)


def test_details_have_the_vertices(told: Replica) -> None:
    details = told.http.get(f"/v1{PATH}/details/1").json()
    assert (details["external_path"], details["discarded"]) == ("/c/chk-1", True)
    assert details["tasks"][SOURCE] == {
        "id": 1,
        "status": "COMPLETED",
        "latest_ack_timestamp": BEGIN + 1030,
        "checkpointed_size": 10,
        "state_size": 20,
        "end_to_end_duration": 30,
        "alignment_buffered": 0,
        "processed_data": 0,
        "persisted_data": 0,
        "num_subtasks": 2,
        "num_acknowledged_subtasks": 2,
    }
    assert details["tasks"][SINK]["state_size"] == 100


def test_subtasks_of_a_vertex(told: Replica) -> None:
    answer = told.http.get(f"{PATH}/details/1/subtasks/{SINK}").json()
    assert answer["subtasks"] == [
        {
            "className": "completed",
            "index": 0,
            "status": "completed",
            "ack_timestamp": BEGIN + 1040,
            "end_to_end_duration": 40,
            "checkpointed_size": 50,
            "state_size": 100,
            "checkpoint": {"sync": 4, "async": 9},
            "alignment": {"buffered": 0, "processed": 2, "persisted": 0, "duration": 3},
            "start_delay": 7,
            "unaligned_checkpoint": False,
            "aborted": False,
        }
    ]
    of_source = told.http.get(f"{PATH}/details/1/subtasks/{SOURCE}").json()
    assert of_source["summary"]["checkpoint_duration"]["sync"]["avg"] == 1
    assert (of_source["summary"]["checkpoint_duration"]["sync"]["max"], of_source["num_subtasks"]) == (2, 2)
    assert of_source["summary"]["start_delay"]["max"] == 0
    assert [s["index"] for s in of_source["subtasks"]] == [0, 1]


def test_a_vertex_that_had_ended_has_no_part_in_it(replica: Replica) -> None:
    replica.submit()
    rows = {"checkpoint:9": checkpoint(9, "COMPLETED", 5), "checkpoint-tasks:9": CheckpointTasksRow(checkpoint=9)}
    replica.commit(f"job:{JOB}", rows)
    assert replica.http.get(f"{PATH}/details/9").json()["tasks"] == {}
    assert replica.http.get(f"{PATH}/details/9/subtasks/{SINK}").json()["subtasks"] == []


def test_config_of_a_job() -> None:
    replica = Replica(**{"execution.checkpointing.timeout": "1 min", "execution.checkpointing.dir": "/c"})
    settings = {
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.mode": "AT_LEAST_ONCE",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.tolerable-failed-checkpoints": "3",
        "state.backend.type": "rocksdb",
    }
    replica.submit(graph(configuration=settings))
    assert replica.http.get(f"{PATH}/config").json() == {
        "mode": "at_least_once",
        "interval": 10_000,
        "timeout": 60_000,
        "min_pause": 0,
        "max_concurrent": 1,
        "externalization": {"enabled": True, "delete_on_cancellation": False},
        "state_backend": "EmbeddedRocksDBStateBackend",
        "checkpoint_storage": "FileSystemCheckpointStorage",
        "unaligned_checkpoints": False,
        "tolerable_failed_checkpoints": 3,
        "aligned_checkpoint_timeout": 0,
        "checkpoints_after_tasks_finish": True,
        "state_changelog_enabled": False,
        "changelog_periodic_materialization_interval": 0,
        "changelog_storage": None,
    }


def test_without_an_interval_none_are_periodic(replica: Replica) -> None:
    replica.submit()
    assert replica.http.get(f"{PATH}/config").json()["interval"] == (1 << 63) - 1


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"{PATH}/details/7", 404, "Could not find checkpointing statistics for checkpoint 7."),
        (f"{PATH}/details/x", 400, "checkpointid 'x' is not a whole number"),
        (f"{PATH}/details/-1", 400, "checkpointid '-1' is not a whole number"),
        (f"{PATH}/details/1/subtasks/{'d' * 32}", 404, f"There is no checkpoint statistics for task {'d' * 32}."),
        (f"{PATH}/details/1/subtasks/7", 400, "vertexid '7' is not an id of 32 hex digits"),
        (f"/jobs/{'f' * 32}/checkpoints", 404, f"Job {'f' * 32} not found"),
        (f"/jobs/{'f' * 32}/checkpoints/config", 404, f"Job {'f' * 32} not found"),
    ],
)
def test_what_is_not_there(told: Replica, path: str, status: int, message: str) -> None:
    answer = told.http.get(path)
    assert (answer.status_code, answer.json()) == (status, {"errors": [message]})
