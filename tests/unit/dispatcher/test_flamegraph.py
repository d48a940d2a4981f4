"""Flink's flame graph of a vertex."""

import pytest

from penstock.coordination.rows import StackSamples
from penstock.graph.states import ExecutionState, JobState

from .replica import JOB, SOURCE, Replica, running

URL = f"/jobs/{JOB}/vertices/{SOURCE}/flamegraph"


def job_of(replica: Replica) -> Replica:
    replica.taskmanager()
    replica.submit()
    replica.executions(running(SOURCE, 0), running(SOURCE, 1, attempt=2))
    replica.job_row(JobState.RUNNING)
    return replica


@pytest.fixture
def live(replica: Replica) -> Replica:
    return job_of(replica)


def test_the_first_request_asks_the_slots_and_waits(live: Replica) -> None:
    profiles = live.coordination.profiles
    assert profiles.asked(JOB, [SOURCE]) == {}
    assert live.http.get(URL).json() == {"endTimestamp": -1, "data": None}
    asked = profiles.asked(JOB, [SOURCE])[SOURCE]
    assert (asked.samples, asked.delay, asked.depth) == (100, 0.05, 100)


def test_stacks_of_current_attempts_make_a_tree(live: Replica) -> None:
    first = StackSamples(attempt=0, time=7, stacks=((("step", "map", "f:3"), 5, 1), (("waiting",), 0, 4)))
    second = StackSamples(attempt=2, time=9, stacks=((("step", "map", "g:8"), 2, 0),))
    live.coordination.profiles.put(JOB, {(SOURCE, 0): first, (SOURCE, 1): second}, 60_000)
    told = live.http.get(URL).json()
    assert told["endTimestamp"] == 9
    root = told["data"]
    assert (root["name"], root["value"]) == ("root", 12)
    step, waiting = root["children"]
    assert (step["name"], step["value"], waiting["value"]) == ("step", 8, 4)
    (mapped,) = step["children"]
    assert [(leaf["name"], leaf["value"]) for leaf in mapped["children"]] == [("f:3", 6), ("g:8", 2)]
    assert live.http.get(f"{URL}?type=ON_CPU").json()["data"]["value"] == 7
    assert live.http.get(f"{URL}?type=off_cpu").json()["data"]["value"] == 5
    assert live.http.get(f"{URL}?subtaskindex=1").json()["data"]["value"] == 2


def test_samples_of_an_attempt_before_do_not_count(live: Replica) -> None:
    live.coordination.profiles.put(JOB, {(SOURCE, 1): StackSamples(attempt=1, time=9)}, 60_000)
    assert live.http.get(URL).json()["endTimestamp"] == -1


def test_of_what_has_ended_there_is_none(live: Replica) -> None:
    live.executions(*(running(SOURCE, n, state=ExecutionState.FINISHED) for n in (0, 1)))
    assert live.http.get(URL).json() == {"endTimestamp": -3, "data": None}
    assert live.coordination.profiles.asked(JOB, [SOURCE]) == {}


def test_they_can_be_switched_off() -> None:
    replica = job_of(Replica(**{"rest.flamegraph.enabled": "false"}))
    assert replica.http.get(URL).json() == {"endTimestamp": -2, "data": None}
    assert replica.coordination.profiles.asked(JOB, [SOURCE]) == {}


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("type=SIDEWAYS", 400, "type 'SIDEWAYS' is not one of: FULL, ON_CPU, OFF_CPU"),
        ("subtaskindex=x", 400, "query parameter subtaskindex is 'x'"),
        ("subtaskindex=2", 404, f"Subtask 2 of vertex {SOURCE} not found: it has 2"),
    ],
)
def test_what_is_refused(live: Replica, query: str, status: int, message: str) -> None:
    refused = live.http.get(f"{URL}?{query}")
    assert (refused.status_code, refused.json()["errors"][0][: len(message)]) == (status, message)
