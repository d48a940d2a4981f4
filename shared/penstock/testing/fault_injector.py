"""Faults at random moments, chosen by a seed, for as long as a test needs them."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import redis
import structlog

from penstock.testing.local_cluster import LocalCluster

_log = structlog.get_logger(__name__)

Fault = Callable[[LocalCluster, random.Random], str]


@dataclass(frozen=True, slots=True)
class Injected:
    """One fault: when (seconds after the injector began), which, and on whom."""

    at: float
    fault: str
    member: str

    def __str__(self) -> str:
        return f"{self.at:.1f} s: {self.fault} ({self.member})"


def _kill(service: str) -> Fault:
    def fault(cluster: LocalCluster, choice: random.Random) -> str:
        name = _one(cluster, service, choice)
        cluster.kill(name)
        return name

    return fault


def _pause(service: str) -> Fault:
    def fault(cluster: LocalCluster, choice: random.Random) -> str:
        name = _one(cluster, service, choice)
        cluster.pause(name)
        try:
            time.sleep(choice.uniform(0.5, 4.0))
        finally:
            cluster.resume(name)
        return name

    return fault


def _kill_busy_slot(cluster: LocalCluster, choice: random.Random) -> str:
    busy = sorted(process.id for process in cluster.processes("slot") if process.jobs)
    if not busy:
        raise LookupError("no slot runs anything")
    name = choice.choice(busy)
    cluster.kill(name)
    return name


def _drop_connections(cluster: LocalCluster, choice: random.Random) -> str:
    url = choice.choice([cluster.settings.redis, *cluster.settings.exchange])
    with redis.Redis.from_url(url) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    return url


def _one(cluster: LocalCluster, service: str, choice: random.Random) -> str:
    names = sorted(name for name, row in cluster.folder.living().items() if row.service == service)
    if not names:
        raise LookupError(f"no {service} lives")
    return choice.choice(names)


#: what can be done to a cluster, by name. A killed service is started again before the next fault.
FAULTS: dict[str, Fault] = {
    "kill slot": _kill_busy_slot,
    "kill taskmanager": _kill("taskmanager"),
    "kill jobmanager": _kill("jobmanager"),
    "kill resourcemanager": _kill("resourcemanager"),
    "kill dispatcher": _kill("dispatcher"),
    "pause jobmanager": _pause("jobmanager"),
    "pause taskmanager": _pause("taskmanager"),
    "drop connections": _drop_connections,
}


class FaultInjector:
    """`with FaultInjector(cluster, seed=7):` hurts the cluster from another thread until the block ends, then heals it.

    The same seed makes the same choices; what they meet depends on the machine. `done` says what was done.
    """

    def __init__(
        self,
        cluster: LocalCluster,
        *,
        seed: int,
        faults: Iterable[str] = ("kill slot", "kill jobmanager", "kill taskmanager"),
        pause: tuple[float, float] = (1.0, 3.0),
        most: int | None = None,
    ) -> None:
        """`faults`: names in `FAULTS`. `pause`: seconds, least and most, before each. `most`: how many at most.

        ValueError names a fault that there is not.
        """
        self._names = tuple(faults)
        unknown = [name for name in self._names if name not in FAULTS]
        if unknown or not self._names:
            raise ValueError(f"unknown faults {unknown}; choose among {', '.join(FAULTS)}")
        self._cluster, self._seed, self._pause, self._most = cluster, seed, pause, most
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-injector", daemon=True)
        self._error: BaseException | None = None
        self._begun = 0.0
        self.done: list[Injected] = []

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._cluster.start()
        if error is not None:
            error.add_note(f"faults of seed {self._seed}: {self}")
        elif self._error is not None:
            raise self._error

    def __str__(self) -> str:
        return "; ".join(map(str, self.done)) or "none"

    def _run(self) -> None:
        choice = random.Random(self._seed)
        try:
            while not self._over.wait(choice.uniform(*self._pause)):
                name, once = choice.choice(self._names), random.Random(choice.random())
                # gone since it was chosen, or nothing of the kind there yet: the next one then
                with suppress(LookupError, ProcessLookupError):
                    at = time.monotonic() - self._begun
                    injected = Injected(at, name, FAULTS[name](self._cluster, once))
                    self.done.append(injected)
                    _log.info("fault", fault=name, member=injected.member)
                if self._most is not None and len(self.done) >= self._most:
                    return
                self._cluster.start()
        except BaseException as error:
            self._error = error
