"""A slot's way from offer to free again, with a real worker."""

import os
import signal

import pytest

from penstock.coordination.messages import (
    AllocationClaimed,
    SlotFreed,
    SlotLost,
    SlotOffered,
    TaskManagerRegistered,
)
from penstock.coordination.rows import SlotRow
from tests.integration.taskmanager.harness import WorkerUnderTest, eventually, is_alive

pytestmark = pytest.mark.integration


def test_offer_claim_release(worker: WorkerUnderTest) -> None:
    incarnation = worker.registered()
    allocation, pid = worker.run("job-a")
    assert worker.rows() == {
        0: SlotRow(
            state="ACTIVE", incarnation=incarnation, allocation=allocation, job="job-a", request="job-a-0", pid=pid
        ),
        1: SlotRow(state="FREE", incarnation=incarnation),
    }
    assert worker.event_of("job-a", SlotOffered).queue == "taskmanager.tm"
    assert worker.event_of("job-a", AllocationClaimed).pid == pid
    eventually(
        lambda: (
            [(row.pid, row.state, row.jobs) for row in worker.slot_processes() if row.state == "ACTIVE"]
            == [(pid, "ACTIVE", ("job-a",))]
        ),
        "the registry shows the slot's process",
    )

    worker.release("job-a", allocation)
    worker.await_states("FREE", "FREE")
    freed = SlotFreed(taskmanager="tm", incarnation=incarnation, slot=0, allocation=allocation)
    assert [event for event in worker.resource_events() if isinstance(event, SlotFreed)] == [freed]
    assert not any(isinstance(event, SlotLost) for event in worker.job_events("job-a"))
    # Each allocation gets a fresh process.
    _, next_pid = worker.run("job-b")
    assert next_pid != pid
    assert not is_alive(pid)


def test_redelivered_hint_is_harmless(worker: WorkerUnderTest) -> None:
    allocation = worker.offer("job-a")
    worker.accept("job-a", allocation)
    worker.hint("job-a", allocation)
    worker.hint("job-a", allocation)
    worker.event_of("job-a", AllocationClaimed)
    worker.await_states("ACTIVE", "FREE")
    pid = worker.rows()[0].pid
    worker.hint("job-a", allocation)
    worker.release("job-a", allocation)
    worker.await_states("FREE", "FREE")
    worker.hint("job-a", allocation)
    # The queue is taken in order: once this one runs, all copies were seen.
    worker.run("job-b", slot=1)
    assert [event.pid for event in worker.job_events("job-a") if isinstance(event, AllocationClaimed)] == [pid]
    assert not any(isinstance(event, SlotLost) for event in worker.job_events("job-a"))
    assert worker.rows()[0].state == "FREE"


def test_released_before_claimed_is_free_at_once(worker: WorkerUnderTest) -> None:
    allocation = worker.offer("job-a")
    worker.accept("job-a", allocation)
    worker.release("job-a", allocation)
    worker.await_states("FREE", "FREE")
    worker.hint("job-a", allocation)
    worker.run("job-b", slot=1)
    assert not any(isinstance(event, AllocationClaimed) for event in worker.job_events("job-a"))


def test_second_offer_of_a_slot_is_refused_with_the_truth(worker: WorkerUnderTest) -> None:
    allocation, _ = worker.run("job-a")
    worker.offer("job-b", slot=0)
    refusal = eventually(
        lambda: [event for event in worker.resource_events() if isinstance(event, TaskManagerRegistered)][1:],
        "the second registration event",
    )
    assert refusal[0].occupied == {0: allocation}
    assert worker.job_events("job-b") == []


def test_killed_child_is_reported_and_replaced(worker: WorkerUnderTest) -> None:
    allocation, pid = worker.run("job-a")
    os.kill(pid, signal.SIGKILL)
    lost = worker.event_of("job-a", SlotLost)
    assert (lost.allocation, lost.pid) == (allocation, pid)
    worker.await_states("FREE", "FREE")
    assert any(isinstance(event, SlotFreed) and event.allocation == allocation for event in worker.resource_events())
    eventually(lambda: pid not in {row.pid for row in worker.slot_processes()}, "the dead process is announced no more")
    _, next_pid = worker.run("job-b")
    assert next_pid != pid


def test_hanging_process_is_killed_after_the_grace(worker: WorkerUnderTest) -> None:
    allocation, pid = worker.run("hang-a")
    worker.release("hang-a", allocation)
    worker.await_states("FREE", "FREE")
    assert not is_alive(pid)
    assert not any(isinstance(event, SlotLost) for event in worker.job_events("hang-a"))
