"""Keeps a service's row in the registry fresh, from a thread of its own."""

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import redis.exceptions
import structlog

from penstock.coordination.rows import ServiceInfo
from penstock.security.refusals import refusals
from penstock.service.admission import Admission, NotAdmitted
from penstock.service.cpu_loads import CpuLoads
from penstock.service.outage import is_outage
from penstock.service.usage import cpu_seconds, resident_bytes

_log = structlog.get_logger()


class Registry(Protocol):
    """The part of `Coordination.registry` that is used here."""

    def announce(self, service: ServiceInfo) -> object: ...

    def forget(self, service: str, id: str) -> object: ...


@dataclass(frozen=True)
class Standing:
    """What a service says of itself."""

    state: str = "RUNNING"
    jobs: tuple[str, ...] = ()
    address: str | None = None


class Announcer:
    """Announces (service, id) every `interval` seconds and at once on a change; forgets it on `close`.

    Nothing is announced before `admission`; where there is none `on_refused` is called with the reason, once.
    """

    def __init__(
        self,
        registry: Registry,
        service: str,
        id: str,
        admission: Admission,
        on_refused: Callable[[str], None],
        interval: float = 1.0,
        ttl_ms: int = 10_000,
    ) -> None:
        self._registry, self._service, self._id = registry, service, id
        self._admission, self._on_refused = admission, on_refused
        self.has_looked = threading.Event()  #: once: at the secret of the cluster, or for a Redis that is away
        self._interval, self._ttl_ms = interval, ttl_ms
        self._standing = Standing()
        self._changed = threading.Event()
        self._loads = CpuLoads()
        self._closed = False
        self._away = False
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)

    def start(self) -> None:
        """Begin to announce."""
        self._thread.start()

    def say(self, standing: Standing) -> None:
        """Announce this from now on."""
        if standing != self._standing:
            self._standing = standing
            self._changed.set()

    def close(self) -> None:
        """Take the row out of the registry, unless Redis is away (then it ages out)."""
        self._closed = True
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def info(self) -> ServiceInfo:
        """The row as of now. `time` is set by the registry, from the Redis clock."""
        standing, cpu = self._standing, cpu_seconds()
        return ServiceInfo(
            service=self._service,
            id=self._id,
            pid=os.getpid(),
            host=socket.gethostname(),
            time=0,
            ttl=self._ttl_ms,
            state=standing.state,
            jobs=standing.jobs,
            address=standing.address,
            parent=os.getppid(),
            memory=resident_bytes(),
            cpu=round(cpu, 3),
            load=self._loads.of(os.getpid(), cpu),
            unsealed=refusals.counts(),
        )

    def _run(self) -> None:
        while not self._closed:
            self._changed.clear()
            try:
                self._try(self._announce)
            except NotAdmitted as error:
                self._on_refused(str(error))
                return
            finally:
                self.has_looked.set()
            self._changed.wait(self._interval if self._admission.is_admitted else min(self._interval, 0.1))
        self._try(lambda: self._registry.forget(self._service, self._id))

    def _announce(self) -> None:
        self._admission.look()
        self._registry.announce(self.info())

    def _try(self, call: Callable[[], object]) -> None:
        try:
            call()
        except redis.exceptions.RedisError as error:
            if not is_outage(error):
                raise
            if not self._away:
                _log.warning("cannot announce: Redis is away", error=str(error))
            self._away = True
        else:
            self._away = False
