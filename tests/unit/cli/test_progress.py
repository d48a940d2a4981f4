"""The words of the progress display."""

from typing import Any

from penstock.client.cli.progress import headline, states_of, summary, totals_of


def job(**changes: Any) -> dict[str, Any]:
    vertex = {
        "name": "Source: lines",
        "tasks": {"CREATED": 0, "RUNNING": 3, "FINISHED": 1},
        "metrics": {"read-records": 0, "write-records": 12345},
    }
    return {
        "jid": "ab" * 16,
        "state": "CREATED",
        "message": "waiting for 2 of 4 slots",
        "vertices": [vertex],
        "totals": {"numberOfCompletedCheckpoints": "0", "numberOfFailedCheckpoints": "0", "numRestarts": "0"},
        **changes,
    }


def test_a_job_that_waits_says_for_what() -> None:
    assert headline(job()) == f"Job {'ab' * 16} CREATED: waiting for 2 of 4 slots"


def test_a_job_without_a_message() -> None:
    assert headline(job(state="RUNNING", message="")) == f"Job {'ab' * 16} RUNNING"


def test_states_and_counts() -> None:
    assert states_of(job()["vertices"][0]) == "3 RUNNING, 1 FINISHED"
    assert summary(job()) == "Source: lines: 3 RUNNING, 1 FINISHED, 0 in, 12,345 out"


def test_checkpoints_and_restarts_are_told_where_there_were_any() -> None:
    totals = {"numberOfCompletedCheckpoints": "1200", "numberOfFailedCheckpoints": "1", "numRestarts": "2"}
    assert summary(job(totals=totals)).endswith("; 1,200 checkpoints; 1 failed checkpoint; 2 restarts")
    assert totals_of({"numRestarts": "1"}) == ["1 restart"]
