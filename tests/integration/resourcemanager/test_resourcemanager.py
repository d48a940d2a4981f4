"""ResourceManager processes over a real Redis: granting, takeover, loss of a TaskManager, an outage."""

import time
from pathlib import Path

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import (
    JobEvent,
    OfferSlot,
    SlotLost,
    SlotsRequested,
    TaskManagerCommand,
    TaskManagerRegistered,
    decode,
    encode,
)
from penstock.coordination.rows import JobRow, TaskManagerInfo
from penstock.graph.states import JobState
from tests.conftest import StartRedis
from tests.integration.resourcemanager.conftest import StartResourceManager
from tests.integration.taskmanager.conftest import StartWorker
from tests.integration.taskmanager.harness import eventually

pytestmark = pytest.mark.integration
ROLE = "resourcemanager"


def submit(part: Coordination, job: str) -> None:
    row = JobRow(job=job, name=job, state=JobState.INITIALIZING, graph="0" * 64)
    assert part.submissions.create(job, "d", "0" * 64, job, 0, {"job": encode(row)}) == "CREATED"


def request(part: Coordination, job: str, count: int) -> None:
    event = SlotsRequested(job=job, requests=tuple(f"{job}-{n}" for n in range(count)))
    part.events.append(part.keys.events(ROLE), encode(event))


def register_silent(part: Coordination, name: str, slots: int) -> None:
    """A TaskManager that is registered, and neither beats nor reads."""
    part.slots.reset(name, "i1", slots)
    part.taskmanagers.register(
        TaskManagerInfo(
            taskmanager=name,
            incarnation="i1",
            host="h",
            pid=1,
            slots=slots,
            queue=f"q.{name}",
            python_version="3.11",
            cpu_cores=1,
            physical_memory=1,
        )
    )
    registered = TaskManagerRegistered(taskmanager=name, incarnation="i1", slots=slots, host="h", queue=f"q.{name}")
    part.events.append(part.keys.events(ROLE), encode(registered))


def offers(part: Coordination, name: str) -> list[OfferSlot]:
    stream = part.keys.taskmanager_commands(name)
    found = part.events.read({stream: "0-0"}).get(stream, [])
    commands: list[TaskManagerCommand] = [decode(raw, TaskManagerCommand) for _, raw in found]  # type: ignore[arg-type]
    return [command for command in commands if isinstance(command, OfferSlot)]


def lost_slots(part: Coordination, job: str) -> list[SlotLost]:
    stream = part.keys.events(f"job:{job}")
    found = part.events.read({stream: "0-0"}).get(stream, [])
    events: list[JobEvent] = [decode(raw, JobEvent) for _, raw in found]  # type: ignore[arg-type]
    return [event for event in events if isinstance(event, SlotLost)]


def state_of(part: Coordination, id: str) -> str | None:
    return next((row.state for row in part.registry.alive() if (row.service, row.id) == (ROLE, id)), None)


def test_standby_takes_over_after_kill_9(
    coordination: Coordination, start_resourcemanager: StartResourceManager
) -> None:
    leader = start_resourcemanager("rm1")
    eventually(lambda: state_of(coordination, "rm1") == "LEADING", "rm1 leads")
    start_resourcemanager("rm2")
    eventually(lambda: state_of(coordination, "rm2") == "STANDBY", "rm2 stands by")
    submit(coordination, "job")
    register_silent(coordination, "tm", 1)
    request(coordination, "job", 2)
    eventually(lambda: "job:job" in coordination.store.load(ROLE).rows, "the demand is committed")
    before = coordination.leases.epoch(ROLE)
    leader.kill()
    leader.wait(15)
    eventually(lambda: state_of(coordination, "rm2") == "LEADING", "rm2 takes over")
    assert coordination.leases.epoch(ROLE) == before + 1
    register_silent(coordination, "other", 1)

    def granted() -> list[OfferSlot]:
        found = [offer for name in ("tm", "other") for offer in offers(coordination, name)]
        return found if len(found) == 2 else []

    both = eventually(granted, "both requests granted")
    assert sorted(offer.request for offer in both) == ["job-0", "job-1"]
    assert {offer.epoch for offer in both} == {before + 1}


def test_sigterm_hands_over_at_once(coordination: Coordination, start_resourcemanager: StartResourceManager) -> None:
    leader = start_resourcemanager("rm1", **{"penstock.lease.ttl": "60 s"})
    eventually(lambda: state_of(coordination, "rm1") == "LEADING", "rm1 leads")
    start_resourcemanager("rm2")
    leader.terminate()
    assert leader.wait(15) == 0
    # The lease would hold for a minute.
    eventually(lambda: state_of(coordination, "rm2") == "LEADING", "rm2 leads")


def test_silent_taskmanager_is_lost_and_its_slot_reported(
    coordination: Coordination, start_resourcemanager: StartResourceManager
) -> None:
    start_resourcemanager("rm1")
    submit(coordination, "job")
    register_silent(coordination, "tm", 1)
    request(coordination, "job", 1)
    offered = eventually(lambda: offers(coordination, "tm"), "the offer")[0]
    lost = eventually(lambda: lost_slots(coordination, "job"), "the slot is reported lost")
    assert [(event.allocation, event.reason) for event in lost] == [
        (offered.allocation, "the heartbeat of TaskManager tm timed out")
    ]
    eventually(lambda: coordination.taskmanagers.get("tm") is None, "its registration is gone")
    # Nobody confirmed the offer, so the request still waits.
    eventually(lambda: set(coordination.store.load(ROLE).rows) == {"job:job"}, "the ledger holds the demand alone")


def test_real_taskmanager_killed_with_its_slots(
    coordination: Coordination, start_resourcemanager: StartResourceManager, start_worker: StartWorker
) -> None:
    start_resourcemanager("rm1")
    worker = start_worker()
    worker.registered()
    submit(coordination, "job")
    request(coordination, "job", 2)
    eventually(lambda: worker.states() == ["OFFERED", "OFFERED"], "both slots are offered")
    held = {row.allocation for row in worker.rows().values()}
    worker.process.kill()
    worker.process.wait(15)
    eventually(lambda: len(lost_slots(coordination, "job")) == 2, "both slots are reported lost")
    assert {event.allocation for event in lost_slots(coordination, "job")} == held


def test_goes_on_after_an_outage(
    start_redis: StartRedis, prefix: str, start_resourcemanager: StartResourceManager, tmp_path: Path
) -> None:
    server = start_redis(persistent=True)
    server.stop()
    start_resourcemanager("rm1", url=server.url)
    eventually(lambda: "Redis is away" in (tmp_path / "rm1.log").read_text(), "it waits for Redis")
    server.start()
    with Coordination.connect(server.url, prefix) as part:
        eventually(lambda: state_of(part, "rm1") == "LEADING", "it leads")
        submit(part, "job")
        request(part, "job", 1)
        eventually(lambda: "job:job" in part.store.load(ROLE).rows, "the demand is committed")
    server.restart()
    with Coordination.connect(server.url, prefix) as part:
        register_silent(part, "tm", 1)
        eventually(lambda: offers(part, "tm"), "the demand from before the outage is granted")


def test_bad_configuration_is_refused(start_resourcemanager: StartResourceManager, tmp_path: Path) -> None:
    process = start_resourcemanager("rm1", **{"heartbeat.interval": "9 s"})
    assert process.wait(30) == 2
    assert "heartbeat.timeout (2.5 s) must exceed heartbeat.interval (9.0 s)" in (tmp_path / "rm1.log").read_text()


def test_nobody_is_lost_while_redis_takes_no_writes(
    start_redis: StartRedis,
    prefix: str,
    start_resourcemanager: StartResourceManager,
    start_worker: StartWorker,
    tmp_path: Path,
) -> None:
    """Beats cannot be written, and can be read: to the reader all would be silent."""
    server = start_redis(persistent=True)
    start_resourcemanager("rm1", url=server.url)
    worker = start_worker(url=server.url)
    incarnation = worker.registered()
    with Coordination.connect(server.url, prefix) as part:
        eventually(lambda: state_of(part, "rm1") == "LEADING", "it leads")
        submit(part, "job")
        request(part, "job", 1)
        eventually(lambda: "OFFERED" in worker.states(), "the slot is offered")
        part.client.config_set("maxmemory", "1")
        eventually(lambda: "takes no writes" in (tmp_path / "rm1.log").read_text(), "it says so")
        time.sleep(5)  # twice the heartbeat's timeout
        part.client.config_set("maxmemory", "0")
        request(part, "job", 2)
        eventually(lambda: worker.states() == ["OFFERED", "OFFERED"], "the next request is granted")
        assert not lost_slots(part, "job")
        assert part.taskmanagers.get("tm") is not None
    assert worker.registered() == incarnation
