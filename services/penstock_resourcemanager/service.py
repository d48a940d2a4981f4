"""The ResourceManager's process: contends for the lease, leads while it holds it, stands by otherwise."""

import time

import redis.exceptions
import structlog

from penstock.checkpoint.leadership import LeadershipMirror
from penstock.coordination.coordination import Coordination
from penstock.coordination.renewer import LeaseRenewer
from penstock.coordination.succession import Succession
from penstock.service import Families, Service
from penstock_resourcemanager.provider import WorkerDriver
from penstock_resourcemanager.pulse import BACK_WITHIN
from penstock_resourcemanager.settings import Settings
from penstock_resourcemanager.takeover import Takeover
from penstock_resourcemanager.term import ROLE, FencedError, RolledBackError, Term

_log = structlog.get_logger()

#: seconds between two looks whether the mirror has answered
_LOOK_AGAIN = 0.02


class ResourceManager:
    """`step` is the main loop's body; it raises Redis errors and may then be called again."""

    def __init__(
        self,
        coordination: Coordination,
        settings: Settings,
        renewer: LeaseRenewer,
        service: Service,
        driver: WorkerDriver | None = None,
        mirror: LeadershipMirror | None = None,
    ) -> None:
        self._coordination = coordination
        self._settings = settings
        self._renewer = renewer
        self._service = service
        self._driver, self._mirror = driver, mirror
        self._takeover: Takeover | None = None
        self._term: Term | None = None
        self._nonce = renewer.nonce()
        self._succession = Succession(coordination.leases, settings.lease_ttl_ms, settings.lease_interval_ms)
        self._wake_cursor = "$"
        self._outage_at: float | None = None

    def step(self) -> None:
        """Lead for one round, or wait for the lease for one poll interval at most."""
        try:
            if self._term is None and self._takeover is None:
                self._contend()
            elif ROLE in self._renewer.lost() or not self._renewer.valid(ROLE):
                self._step_down("the lease is lost")
            elif self._term is None and self._takeover is not None:
                self._take_over(self._takeover)
            elif self._term is not None:
                self._lead(self._term)
        except redis.exceptions.RedisError:
            self._outage_at = time.monotonic()
            raise

    def show(self, families: Families) -> None:
        """Whether this process leads, and under which epoch. Any thread."""
        term = self._term
        families.gauge("penstock_leading", "Whether this process leads.", {"role": ROLE}, term is not None)
        if term is not None:
            families.gauge("penstock_lease_epoch", "Epoch of the lease that is held.", {"role": ROLE}, term.epoch)

    def _contend(self) -> None:
        self._service.announce("STANDBY")
        if self._wake_cursor == "$":
            self._wake_cursor = self._coordination.leases.wait_wake("$", 0)
        asked = time.monotonic()
        epoch = self._coordination.leases.acquire(ROLE, self._nonce, self._settings.lease_ttl_ms)
        if epoch is None:
            seen = self._succession.look([ROLE])
            if seen.free:
                return
            polled_ms = min(2000, round(self._settings.lease_poll * 1000))
            poll_ms = max(1, polled_ms if seen.again_ms is None else min(polled_ms, seen.again_ms + 1))
            self._wake_cursor = self._coordination.leases.wait_wake(self._wake_cursor, poll_ms)
            return
        self._renewer.hold(ROLE, self._nonce, acquired=asked)
        self._begin(epoch)

    def _begin(self, epoch: int, older: str | None = None) -> None:
        """With the lease that is held."""
        leases, ttl = self._coordination.leases, self._settings.lease_ttl_ms
        self._term = None
        self._takeover = Takeover(
            self._mirror,
            epoch,
            lambda: self._coordination.store.load(ROLE).revision,
            lambda least: leases.acquire(ROLE, self._nonce, ttl, least),
            time.monotonic(),
            older,
        )

    def _take_over(self, takeover: Takeover) -> None:
        try:
            epoch = takeover.step(time.monotonic())
        except LookupError as error:
            self._step_down(str(error))
            return
        if epoch is None:
            time.sleep(_LOOK_AGAIN)
            return
        self._term = Term(self._coordination, self._settings, epoch, self._driver, self._mirror)
        self._takeover = None
        if self._outage_at is not None and time.monotonic() - self._outage_at < BACK_WITHIN:
            self._term.restart_liveness()  # the others may not be back yet
        self._service.announce("LEADING")
        _log.info("leading", epoch=epoch)

    def _lead(self, term: Term) -> None:
        try:
            term.step()
        except FencedError as error:
            self._step_down(str(error))
        except RolledBackError as error:
            self._begin(term.epoch, str(error))
        except redis.exceptions.RedisError:
            term.restart_liveness()
            raise

    def _step_down(self, reason: str) -> None:
        """Forget everything: whoever leads next, this process included, starts from the rows."""
        _log.warning("stepping down", reason=reason)
        self._renewer.drop(ROLE)
        self._term = self._takeover = None
        self._nonce = self._renewer.nonce()
        self._wake_cursor = "$"
