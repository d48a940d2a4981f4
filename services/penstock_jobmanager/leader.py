"""Leads many jobs in one loop: wins free leases, reads the events of all led jobs in one XREAD, drops what it lost."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

import redis
import structlog

from penstock.coordination.parts import Leases, Submissions
from penstock.coordination.succession import Succession
from penstock.service.exposition import Families
from penstock.service.outage import is_outage
from penstock_jobmanager.commits import job_role
from penstock_jobmanager.effect_runner import EffectRunner
from penstock_jobmanager.led_job import FencedError, LedJob, Plane
from penstock_jobmanager.sharing import hands_over, quota
from penstock_jobmanager.suspects import PROBATION, Suspects, takeovers

_log = structlog.get_logger(__name__)

#: seconds this process leaves a job alone that it had to drop; the others may try, the takeover limit ends it
COOLDOWN = 10.0
#: seconds from the moment at which a lease ends, or is late, as Redis tells it, until it is looked for
EXPIRED = 0.005
#: seconds that jobs beyond our share are left to others
DEFERENCE = 0.25
#: seconds between two looks whether to hand a job over: what replicas say of themselves is up to one second old
HANDOVER_EVERY = 2.0
#: seconds a job is led at least before it is handed over, and until it is taken back where nobody wanted it
SHORTEST_TERM, BACK_AFTER = 3.0, 1.5


class Renewer(Protocol):
    """The part of `LeaseRenewer` that is used here."""

    def nonce(self) -> str: ...
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
        lease_interval: int,
        poll: float,
        id: str = "",
        others: Callable[[], Mapping[str, int]] | None = None,
        suspects: Suspects | None = None,
    ) -> None:
        """`id`: ours; `others`: the other replicas and how many jobs each leads, None: there are none."""
        self._plane, self._renewer, self._effects = coordination, renewer, effects
        self._make_led_job, self._lease_ttl, self._poll = make_led_job, lease_ttl, poll
        self._succession = Succession(coordination.leases, lease_ttl, lease_interval)
        self._id, self._others = id, others or dict[str, int]
        self._led: dict[str, LedJob] = {}
        self._since: dict[str, float] = {}
        #: free jobs beyond our share, and since when they are
        self._left: dict[str, float] = {}
        self._next_handover = 0.0
        self._cooling: dict[str, float] = {}
        self._suspects = suspects or Suspects()
        self._wake_key = coordination.keys.lease_wake()
        self._wake_cursor = ""
        self._next_look = 0.0

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs led now."""
        return tuple(sorted(self._led))

    def show(self, families: Families) -> None:
        """Which jobs this process leads, and under which epochs. Any thread."""
        led = list(self._led.values())
        families.gauge("penstock_jobs_led", "Jobs whose JobMaster is in this process.", {}, len(led))
        for lead in led:
            families.gauge("penstock_lease_epoch", "Epoch of the lease that is held.", {"role": lead.role}, lead.epoch)

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
        if time.monotonic() >= self._next_handover:
            self._share()
        self._read()

    def close(self) -> None:
        """Give all leases up at once: a successor continues from what is committed."""
        for job, lead in sorted(self._led.items()):
            if self._renewer.valid(lead.role):
                with suppress(FencedError, redis.RedisError):  # then it counts as a takeover
                    lead.hand_over()
            self._renewer.drop(lead.role)
            self._effects.forget(job)
        self._led.clear()

    def _look_for_jobs(self) -> None:
        if not self._wake_cursor:
            self._wake_cursor = self._plane.events.last_id(self._wake_key)
        now = time.monotonic()
        self._next_look = now + self._poll
        self._cooling = {job: until for job, until in self._cooling.items() if until > now}
        wanted = sorted(self._plane.submissions.live() - self._led.keys() - self._cooling.keys())
        roles = [job_role(job) for job in wanted]
        free, again_ms = self._succession.look(roles)
        if again_ms is not None:
            # a lease that is renewed has more than that left
            self._next_look = min(self._next_look, now + again_ms / 1000 + EXPIRED)
        for role in self._our_share(self._admitted(free, now), now):
            nonce, asked = self._renewer.nonce(), time.monotonic()
            epoch = self._plane.leases.acquire(role, nonce, self._lease_ttl)
            if epoch is None:
                continue
            self._renewer.hold(role, nonce, acquired=asked)
            job = role.removeprefix("job:")
            lead = self._led[job] = self._make_led_job(job, epoch)
            lead.take_again = partial(self._plane.leases.acquire, role, nonce, self._lease_ttl)
            self._since[job] = time.monotonic()
            self._suspects.taken(role, self._since[job])
            _log.info("leading", job=job, epoch=epoch)

    def _admitted(self, free: list[str], now: float) -> list[str]:
        """Of the free roles those that may be led here: at last, one by one, those whose leaders keep dying."""
        led = [lead.role for lead in self._led.values()]
        if not free or self._suspects.admits_none(led, now):
            return []
        counts = [takeovers(row) for row in self._plane.store.row(free, "job")]
        innocent = self._suspects.innocent(dict(zip(free, counts, strict=True)))
        if innocent or not self._suspects.admits_suspect(led, now) or not self._excuse(now):
            return innocent
        return [self._suspects.worst()]

    def _excuse(self, now: float) -> bool:
        """Have it noted of all that is led that what follows is no fault of theirs; False: not of all so far."""
        for lead in list(self._led.values()):
            if self._renewer.valid(lead.role):
                self._guarded(lead, lead.excuse)
        # one that cannot be loaded for now keeps no other job waiting for long
        return all(lead.is_excused or now - self._since[job] >= PROBATION for job, lead in self._led.items())

    def _our_share(self, free: list[str], now: float) -> list[str]:
        """Which of the free roles to take: at once no more than is fair, the rest when nobody else did."""
        if not free:
            self._left.clear()
            return []
        self._left = {role: self._left.get(role, now) for role in free}
        patient = [role for role in free if now - self._left[role] >= DEFERENCE]
        fresh = [role for role in free if role not in patient]
        fair = quota(len(self._led) + len(patient), self._others().values(), len(fresh)) if fresh else 0
        if fresh[fair:]:
            self._next_look = min(self._next_look, now + DEFERENCE)
        return patient + fresh[:fair]

    def _share(self) -> None:
        """Hand a job over where another replica leads fewer: at a moment when nothing of it is under way."""
        now = time.monotonic()
        calm = [job for job, lead in self._led.items() if lead.is_calm and now - self._since[job] >= SHORTEST_TERM]
        if len(self._led) < 2 or not calm:
            return
        self._next_handover = now + HANDOVER_EVERY
        if not hands_over(self._id, len(self._led), self._others()):
            return
        lead = self._led[min(calm)]
        self._guarded(lead, lead.hand_over)
        if lead.job in self._led and lead.is_calm:
            self._cooling[lead.job] = now + BACK_AFTER
            self._drop(lead.job, "another leads fewer jobs")
            self._renewer.drop(lead.role)

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
                until = min(until, now + lead.pause)
            deadline = lead.next_deadline()
            if deadline is not None:
                until = min(until, deadline)
        return max(1, int((min(until - now, self._poll)) * 1000))

    def _guarded(self, lead: LedJob, act: Callable[[], None]) -> None:
        """One job's trouble stays its own."""
        with structlog.contextvars.bound_contextvars(job=lead.job, epoch=lead.epoch):
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
        self._since.pop(job, None)
        if self._led.pop(job, None) is not None:
            self._effects.forget(job)
            _log.info("no longer leading", job=job, reason=reason)
