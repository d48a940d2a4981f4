"""A rescaling to more slots than there are is refused while the job runs: it would stand still for nothing."""

import pytest

from penstock.graph.states import JobState

from .replica import JOB, SINK, SOURCE, Replica
from .test_requests import asked

PATH = f"/jobs/{JOB}/rescaling?parallelism=4"
TOLD = (
    "parallelism 4 needs 4 slots; the job has 2, and 1 of the cluster's 3 are free. "
    "The job goes on as it is; start TaskManagers first"
)


def running(replica: Replica, state: JobState = JobState.RUNNING, slots: int = 3) -> None:
    """Two slots of `slots` are the job's."""
    replica.submit()
    replica.job_row(state)
    replica.taskmanager(slots=slots)
    for slot in (0, 1):
        replica.occupied(slot, f"a-{slot}")


def test_it_is_refused_with_what_is_missing(replica: Replica) -> None:
    running(replica)
    refused = replica.http.patch(PATH)
    assert (refused.status_code, refused.json()["errors"][0], asked(replica)) == (400, TOLD, [])


def test_so_it_is_by_resource_requirements(replica: Replica) -> None:
    running(replica)
    bounds = {SOURCE: 4, SINK: 1}
    body = {vertex: {"parallelism": {"lowerBound": 1, "upperBound": most}} for vertex, most in bounds.items()}
    refused = replica.http.put(f"/jobs/{JOB}/resource-requirements", json=body)
    assert (refused.status_code, refused.json()["errors"][0], asked(replica)) == (400, TOLD, [])


def test_one_that_was_taken_already_is_not_refused_when_it_comes_again(replica: Replica) -> None:
    running(replica, slots=4)
    again = f"{PATH}&triggerId={'ab' * 16}"
    assert replica.http.patch(again).status_code == 200
    replica.taskmanager(slots=3)
    assert replica.http.patch(again).status_code == 200
    assert replica.http.patch(PATH).status_code == 400
    assert len(asked(replica)) == 1


def test_what_cannot_be_for_other_reasons_is_told_by_the_job(replica: Replica) -> None:
    running(replica)
    replica.job_row(JobState.RUNNING, stop=3)
    assert replica.http.patch(PATH).status_code == 200


@pytest.mark.parametrize(("slots", "parallelism"), [(4, 4), (2, 1), (3, 3)])
def test_what_fits_is_asked_of_the_job(replica: Replica, slots: int, parallelism: int) -> None:
    running(replica, slots=slots)
    assert replica.http.patch(f"/jobs/{JOB}/rescaling?parallelism={parallelism}").status_code == 200
    assert len(asked(replica)) == 1


def test_a_job_that_waits_for_slots_may_ask_for_any(replica: Replica) -> None:
    running(replica, JobState.CREATED)
    assert replica.http.patch(PATH).status_code == 200


def test_with_taskmanagers_on_demand_nothing_is_refused() -> None:
    replica = Replica(penstock__resourcemanager__provider="process")
    running(replica)
    assert replica.http.patch(PATH).status_code == 200
