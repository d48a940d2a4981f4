"""Which slots are chosen, and what allocation ids say."""

import pytest

from penstock.coordination.rows import TaskManagerRow
from penstock_resourcemanager.allocation_id import is_allocation_id, job_of, make_allocation_id, request_of
from penstock_resourcemanager.placement import free_slots, place


def test_free_slots_are_those_nobody_has() -> None:
    row = TaskManagerRow(taskmanager="tm", incarnation="i", slots=3, host="h", queue="q")
    assert free_slots({"tm": row}, [("tm", 1), ("other", 0)]) == {"tm": [0, 2]}


def test_place_takes_from_the_emptiest() -> None:
    assert place({"a": [0], "b": [0, 1, 2]}, 3) == [("b", 0), ("b", 1), ("a", 0)]
    assert place({"a": [0]}, 2) is None
    assert place({}, 1) is None


def test_allocation_id_names_its_request_and_job() -> None:
    allocation = make_allocation_id("my-job-4", 7, 0)
    assert allocation == "my-job-4-7-0"
    assert request_of(allocation) == "my-job-4"
    assert job_of(request_of(allocation)) == "my-job"
    with pytest.raises(ValueError, match="'nonsense' is not of the form"):
        request_of("nonsense")
    assert not is_allocation_id("job-1-x-2")
