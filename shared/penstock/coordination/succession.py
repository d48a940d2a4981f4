"""What a contender does about leases of others: which are free, which of them ends early, when to look again.

A holder that died takes its renewer's connection along, in a container too; one that starves, is paused, or is cut off
keeps it. So a lease is ended before it expires where its holder has had no connection for longer than it takes to make
one and renew (after a restart of Redis nobody has any), and not before that holder has stopped acting by itself. That
is a matter of speed alone: whoever acts is decided by epochs (docs/fencing.md).
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import redis
import structlog

from penstock.coordination.connection import is_away
from penstock.coordination.holder import HeldLease, holder_of
from penstock.coordination.parts import Leases

_log = structlog.get_logger(__name__)


class Seen(NamedTuple):
    """`again_ms`: when something may have changed without anybody being woken; None: not by itself."""

    free: list[str]
    again_ms: int | None


class Succession:
    """`look` at the leases one would like to have. Times in ms, as leases are configured."""

    def __init__(
        self, leases: Leases, ttl_ms: int, interval_ms: int, now_ms: Callable[[], float] | None = None
    ) -> None:
        self._leases, self._now_ms = leases, now_ms or _monotonic_ms
        self._patience_ms = interval_ms * 5 // 4
        #: what is left of a lease that should have been renewed, and of one whose holder no longer counts it as valid
        self._overdue_ms, self._over_ms = ttl_ms - self._patience_ms, ttl_ms // 3
        self._deserted: dict[str, float] = {}  #: nonce -> since when its holder was seen to have no connection
        self._has_warned = False

    def look(self, roles: Sequence[str]) -> Seen:
        """Two round trips more where a lease is overdue."""
        try:
            return self._look(roles)
        except redis.RedisError:
            self._deserted.clear()  # others were cut off as well
            raise

    def _look(self, roles: Sequence[str]) -> Seen:
        held = self._leases.held(roles)
        self._watch(lease for lease in held.values() if lease.left_ms <= self._overdue_ms)
        for role, lease in list(held.items()):
            is_over = lease.left_ms <= self._over_ms and self._patience_left(lease) <= 0
            if is_over and self._leases.withdraw(role, lease.nonce, self._over_ms):
                _log.info("a lease was ended: its holder is gone", role=role)
                del held[role]
        again = min(map(self._again, held.values()), default=None)
        return Seen([role for role in roles if role not in held], again)

    def _watch(self, overdue: Iterable[HeldLease]) -> None:
        """Remember whose holders have no connection."""
        nonces = [lease.nonce for lease in overdue if holder_of(lease.nonce)]
        connected = self._connected() if nonces else set()
        now = self._now_ms()
        self._deserted = {
            nonce: self._deserted.get(nonce, now)
            for nonce in nonces
            if connected is not None and holder_of(nonce) not in connected
        }

    def _connected(self) -> set[str] | None:
        """None: not to be known."""
        try:
            return self._leases.holders()
        except redis.ResponseError as error:
            if is_away(error):
                raise
            if not self._has_warned:
                _log.warning("leases of the dead are waited for: connections cannot be listed", error=str(error))
            self._has_warned = True
            return None

    def _patience_left(self, lease: HeldLease) -> float:
        since = self._deserted.get(lease.nonce)
        return self._patience_ms if since is None else since + self._patience_ms - self._now_ms()

    def _again(self, lease: HeldLease) -> int:
        if lease.left_ms > self._overdue_ms:
            return lease.left_ms - self._overdue_ms
        if lease.nonce not in self._deserted:
            return lease.left_ms
        return min(lease.left_ms, max(lease.left_ms - self._over_ms, math.ceil(self._patience_left(lease)), 1))


def _monotonic_ms() -> float:
    return time.monotonic() * 1000
