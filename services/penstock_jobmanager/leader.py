"""Leads many jobs in one loop: wins free leases, reads the events of all led jobs in one XREAD, drops what it lost."""

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog

from penstock.coordination.parts import Leases, Submissions
from penstock.service.outage import is_outage
from penstock_jobmanager.commits import job_role
from penstock_jobmanager.effect_runner import EffectRunner
from penstock_jobmanager.led_job import FencedError, LedJob, Plane

_log = structlog.get_logger(__name__)

#: seconds this process leaves a job alone that it had to drop; the others may try, the takeover limit ends it
COOLDOWN = 10.0


class Renewer(Protocol):
    """The part of `LeaseRenewer` that is used here."""

    def hold(self, role: str, nonce: str, *, acquired: float | None = None) -> None: ...
    def drop(self, role: str) -> None: ...
    def lost(self) -> set[str]: ...
    def valid(self, role: str) -> bool: ...


class LeaderPlane(Plane, Protocol):
    """The parts of `Coordination` that are used here."""

    leases: Leases
    submissions: Submissions


class Leader:
    """Call `step` again and again. It raises the store's errors while Redis is away; the next call goes on."""

    def __init__(
        self,
        coordination: LeaderPlane,
        renewer: Renewer,
        effects: EffectRunner,
        make_led_job: Callable[[str, int], LedJob],
        *,
        lease_ttl: int,
        poll: float,
    ) -> None:
        self._plane, self._renewer, self._effects = coordination, renewer, effects
        self._make_led_job, self._lease_ttl, self._poll = make_led_job, lease_ttl, poll
        self._led: dict[str, LedJob] = {}
        self._cooling: dict[str, float] = {}
        self._wake_key = coordination.keys.lease_wake()
        self._wake_cursor = ""
        self._next_look = 0.0

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs led now."""
        return tuple(sorted(self._led))

    def step(self) -> None:
        """One turn; blocks for no longer than the poll interval."""
        for role in self._renewer.lost():
            self._drop(role.removeprefix("job:"), "the lease was lost")
            self._renewer.drop(role)
        if time.monotonic() >= self._next_look:
            self._look_for_jobs()
        for lead in list(self._led.values()):
            if self._renewer.valid(lead.role):
                self._guarded(lead, lead.settle)
        self._read()

    def close(self) -> None:
        """Give all leases up at once: a successor continues from what is committed."""
        for job in self.jobs:
            self._renewer.drop(job_role(job))
            self._effects.forget(job)
        self._led.clear()

    def _look_for_jobs(self) -> None:
        if not self._wake_cursor:
            self._wake_cursor = self._plane.events.last_id(self._wake_key)
        now = time.monotonic()
        self._next_look = now + self._poll
        self._cooling = {job: until for job, until in self._cooling.items() if until > now}
        wanted = sorted(self._plane.submissions.live() - self._led.keys() - self._cooling.keys())
        for role in self._plane.leases.free(job_role(job) for job in wanted):
            nonce, asked = secrets.token_hex(16), time.monotonic()
            epoch = self._plane.leases.acquire(role, nonce, self._lease_ttl)
            if epoch is None:
                continue
            self._renewer.hold(role, nonce, acquired=asked)
            job = role.removeprefix("job:")
            lead = self._led[job] = self._make_led_job(job, epoch)
            lead.take_again = partial(self._plane.leases.acquire, role, nonce, self._lease_ttl)
            _log.info("leading", job=job, epoch=epoch)

    def _read(self) -> None:
        leads = {lead.events_key: lead for lead in self._led.values() if lead.ready and self._renewer.valid(lead.role)}
        cursors = {key: lead.cursor for key, lead in leads.items()}
        found = self._plane.events.read({**cursors, self._wake_key: self._wake_cursor}, self._block_ms())
        if self._wake_key in found:
            self._wake_cursor = found[self._wake_key][-1][0]
            self._next_look = 0.0
        for key, lead in leads.items():
            if key in found and self._renewer.valid(lead.role):
                self._guarded(lead, lambda lead=lead, key=key: lead.process(found[key]))  # type: ignore[misc]

    def _block_ms(self) -> int:
        """Until the next timer or the next look for jobs; shortly where a job has something unfinished."""
        now = time.monotonic()
        until = self._next_look
        for lead in self._led.values():
            if not lead.ready and self._renewer.valid(lead.role):
                until = min(until, now + 0.05)
            deadline = lead.next_deadline()
            if deadline is not None:
                until = min(until, deadline)
        return max(1, int((min(until - now, self._poll)) * 1000))

    def _guarded(self, lead: LedJob, act: Callable[[], None]) -> None:
        """One job's trouble stays its own."""
        with structlog.contextvars.bound_contextvars(job=lead.job):
            try:
                act()
            except FencedError as error:
                self._drop(lead.job, str(error))
                self._renewer.drop(lead.role)
            except Exception as error:
                if is_outage(error):
                    raise
                _log.exception("the job cannot be led here")
                self._cooling[lead.job] = time.monotonic() + COOLDOWN
                self._drop(lead.job, "it cannot be led here")
                self._renewer.drop(lead.role)
            else:
                if lead.over:
                    self._drop(lead.job, "it is over")
                    self._renewer.drop(lead.role)

    def _drop(self, job: str, reason: str) -> None:
        if self._led.pop(job, None) is not None:
            self._effects.forget(job)
            _log.info("no longer leading", job=job, reason=reason)
