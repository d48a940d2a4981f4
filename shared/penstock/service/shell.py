"""The shell that every service process runs in: signals, announcement, health, the main loop."""

import secrets
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Protocol

import redis.exceptions
import structlog

from penstock.client.config import Configuration, cluster
from penstock.security.configured import bearer_of
from penstock.service.admission import Admission, HasSecret
from penstock.service.announcer import Announcer, Registry, Standing
from penstock.service.exposition import Exposition, Families
from penstock.service.health import HealthServer, start_health
from penstock.service.outage import is_outage, what_is_wrong

_log = structlog.get_logger()

#: a main loop that has not advanced for this long (s) is unhealthy
STALLED_AFTER = 15.0


#: exit status of a process that may not join, as of one that cannot be configured
_REFUSED = 2


class HasRegistry(HasSecret, Protocol):
    """What a `Service` needs of `Coordination`."""

    @property
    def registry(self) -> Registry: ...


class Service:
    """One service process. `run` does it all; enter it as a context before, where signals matter while connecting.

    `stopping` is set by SIGTERM and SIGINT: leave cleanly; also where the cluster has another secret: `status`, that of
    the process, is 2 then. `beats` are called with every advance of the main loop.
    """

    def __init__(
        self, name: str, coordination: HasRegistry, configuration: Configuration, *, id: str | None = None
    ) -> None:
        self.name = name
        self.id = id or configuration.find(cluster.SERVICE_ID) or f"{name}-{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self.beats: list[Callable[[], None]] = []
        self.exposition = Exposition(name, self.id)
        self.exposition.add(self._show)
        self._admission = Admission(coordination)
        self._announcer = Announcer(coordination.registry, name, self.id, self._admission, self._refused)
        self.status = 0
        self._health_port = configuration.get(cluster.HEALTH_PORT)
        self._health_address = configuration.get(cluster.HEALTH_ADDRESS)
        self._bearer = bearer_of(configuration)
        self._health: HealthServer | None = None
        self._last_beat = time.monotonic()
        self._previous: dict[int, Any] = {}
        self._depth = 0

    def announce(self, state: str = "RUNNING", jobs: tuple[str, ...] = (), address: str | None = None) -> None:
        """Say this of the process in the registry from now on; repeated every second by a thread."""
        self._announcer.say(Standing(state, tuple(jobs), address))

    def beat(self) -> None:
        """The main loop advanced. To be called at least every few seconds."""
        self._last_beat = time.monotonic()
        for beat in self.beats:
            beat()

    def health(self) -> str | None:
        """Why the process is not healthy, or None. A Redis that is away is no reason: a restart would not mend it."""
        stalled = time.monotonic() - self._last_beat
        return f"the main loop has not advanced for {stalled:.0f} s" if stalled > STALLED_AFTER else None

    def _show(self, families: Families) -> None:
        age = time.monotonic() - self._last_beat
        families.gauge("penstock_main_loop_age_seconds", "Since the main loop advanced last.", {}, age)

    def run(self, step: Callable[[], object]) -> int:
        """Call `step` (which blocks for 2 s at most) until SIGTERM or SIGINT; the exit status.

        No step is made before it is known that we have the cluster's secret. One that fails because Redis is away is
        tried again, after 0.1 s at first and 1 s at most.
        """
        with self:
            outage = 0
            while not self._admission.is_admitted and not self.stopping.wait(0.05):
                self.beat()
            while not self.stopping.is_set():
                try:
                    step()
                    if outage:
                        _log.info("Redis is back")
                    outage = 0
                except redis.exceptions.RedisError as error:
                    if not is_outage(error):
                        raise
                    if outage % 10 == 0:
                        _log.warning(what_is_wrong(error), error=str(error))
                    outage += 1
                    self.stopping.wait(min(0.1 * outage, 1.0))
                self.beat()
        return self.status

    def may_serve(self, patience: float) -> bool:
        """For a service without `run`: False where the cluster has another secret. True also while Redis is away, or
        has not answered for `patience` seconds; `stopping` is set when it has."""
        self._announcer.has_looked.wait(patience)
        return not self.status

    def _refused(self, reason: str) -> None:
        _log.critical("refused to join: " + reason)
        self.status = _REFUSED
        self.stopping.set()

    def __enter__(self) -> "Service":
        self._depth += 1
        if self._depth > 1:
            return self
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGTERM, signal.SIGINT):
                self._previous[signum] = signal.signal(signum, self._on_signal)
        self._last_beat = time.monotonic()
        self._health = start_health(
            self._health_port, self.health, self._health_address, self.exposition.render, self._bearer
        )
        self._announcer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        self.stopping.set()
        self._announcer.close()
        if self._health is not None:
            self._health.close()
        for signum, previous in self._previous.items():
            signal.signal(signum, previous)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        self.stopping.set()
