"""A real Celery worker with a double of the runtime in its slots; the test plays ResourceManager and JobMaster."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from penstock.coordination.broker import make_app, queue_name, send_hint
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import JobEvent, OfferSlot, ReleaseSlot, ResourceEvent, SlotOffered, decode, encode
from penstock.coordination.rows import Claim, ServiceInfo, SlotRow

ENTRY = Path(__file__).with_name("worker_entry.py")
T = TypeVar("T")


def eventually(look: Callable[[], T | None], what: str, patience: float = 30.0) -> T:
    """The first truthy answer. A slow machine makes it slower, not wrong."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {patience} s: {what}")


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class WorkerUnderTest:
    """One TaskManager process. `name` must be unique on its Redis prefix."""

    def __init__(self, url: str, prefix: str, log: Path, *, slots: int = 2, name: str = "tm", **options: str) -> None:
        self.name = name
        self.log = log
        self.coordination = Coordination.connect(url, prefix)
        self._celery = make_app(url, prefix)
        self._keys = self.coordination.keys
        self._jobs: dict[str, int] = {}
        settings = {
            "penstock.redis.url": url,
            "cluster.id": prefix,
            "taskmanager.resource-id": name,
            "taskmanager.numberOfTaskSlots": str(slots),
            **{key.replace("_", "-"): value for key, value in options.items()},
        }
        arguments = [argument for key, value in settings.items() for argument in ("-D", f"{key}={value}")]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ENTRY), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    # -- what the leaders see -----------------------------------------------------------------------------------------

    def resource_events(self) -> list[ResourceEvent]:
        stream = self._keys.events("resourcemanager")
        found = self.coordination.events.read({stream: "0-0"}).get(stream, [])
        events: list[ResourceEvent] = [decode(raw, ResourceEvent) for _, raw in found]  # type: ignore[arg-type]
        return events

    def job_events(self, job: str) -> list[JobEvent]:
        stream = self._keys.events(f"job:{job}")
        found = self.coordination.events.read({stream: "0-0"}).get(stream, [])
        events: list[JobEvent] = [decode(raw, JobEvent) for _, raw in found]  # type: ignore[arg-type]
        return events

    def event_of(self, job: str, kind: type[T]) -> T:
        """The job's first event of a kind, awaited."""
        return eventually(
            lambda: next((event for event in self.job_events(job) if isinstance(event, kind)), None),
            f"{kind.__name__} for {job}; worker's log: {self.log}",
        )

    def rows(self) -> dict[int, SlotRow]:
        return self.coordination.slots.all(self.name)

    def states(self) -> list[str]:
        return [row.state for row in self.rows().values()]

    def await_states(self, *states: str) -> None:
        eventually(lambda: self.states() == list(states), f"slots {states}, now {self.states()}; log: {self.log}")

    def registered(self) -> str:
        """The incarnation, once there is one."""
        info = eventually(lambda: self.coordination.taskmanagers.get(self.name), f"registration; log: {self.log}")
        return info.incarnation

    def slot_processes(self) -> list[ServiceInfo]:
        """The slot processes the registry knows."""
        return [row for row in self.coordination.registry.alive() if row.service == "slot"]

    def children(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children() if is_alive(child.pid)}

    # -- what the leaders do ------------------------------------------------------------------------------------------

    def offer(self, job: str, slot: int = 0, *, allocation: str | None = None, incarnation: str | None = None) -> str:
        allocation = allocation or f"{job}-0-1-{slot}"
        command = OfferSlot(
            epoch=1,
            allocation=allocation,
            request=f"{job}-0",
            job=job,
            slot=slot,
            incarnation=incarnation or self.registered(),
        )
        self.coordination.events.append(self._keys.taskmanager_commands(self.name), encode(command))
        return allocation

    def accept(self, job: str, allocation: str) -> None:
        """The JobMaster's commit: the claim row. It leads from its first acceptance on."""
        offered = self.event_of(job, SlotOffered)
        epoch = self.coordination.leases.acquire(f"job:{job}", f"nonce-{job}", 60_000)
        assert epoch is not None, f"the lease of {job} is taken"
        self._jobs[job] = epoch
        claim = Claim(state="OFFERED", epoch=epoch, incarnation=offered.incarnation)
        self.coordination.client.hset(self._keys.claims(job), allocation, encode(claim))

    def hint(self, job: str, allocation: str) -> None:
        send_hint(self._celery, queue_name(self.name), job, allocation, self._jobs[job])

    def send(self, task: str, arguments: list[object]) -> None:
        """A Celery message that is no hint of ours."""
        self._celery.send_task(task, args=arguments, queue=queue_name(self.name), ignore_result=True, retry=False)

    def run(self, job: str, slot: int = 0) -> tuple[str, int]:
        """Offer, accept, hint, claimed: the allocation and the process it runs in."""
        allocation = self.offer(job, slot)
        self.accept(job, allocation)
        self.hint(job, allocation)
        row = eventually(
            lambda: next(
                (row for row in self.rows().values() if row.allocation == allocation and row.state == "ACTIVE"), None
            ),
            f"{allocation} active; log: {self.log}",
        )
        return allocation, row.pid

    def run_insisting(self, job: str, slot: int) -> int:
        """As `run`, with a hint a second: a broker may lose some. The process."""
        allocation = self.offer(job, slot)
        self.accept(job, allocation)
        next_hint = 0.0

        def active() -> int:
            nonlocal next_hint
            if time.monotonic() >= next_hint:
                next_hint = time.monotonic() + 1
                self.hint(job, allocation)
            return next((row.pid for row in self.rows().values() if row.allocation == allocation), 0)

        return eventually(active, f"{allocation} active; log: {self.log}", 60)

    def release(self, job: str, allocation: str, *, tell_slot: bool = True) -> None:
        command = encode(ReleaseSlot(epoch=1, allocation=allocation, job=job))
        if tell_slot:
            self.coordination.events.append(self._keys.slot_commands(job, allocation), command)
        self.coordination.events.append(self._keys.taskmanager_commands(self.name), command)

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.terminate()
                self.process.wait(15)
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(15)
        self._celery.close()
        self.coordination.close()
