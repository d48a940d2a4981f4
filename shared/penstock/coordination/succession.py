"""What a contender does about leases of others: which are free, which of them ends early, when to look again.

A holder that died takes its renewer's connection along, in a container too; one that starves, is paused, or is cut off
keeps it. So a lease that was not renewed for two intervals, and whose holder has no connection, is ended before it
expires. That is a matter of speed alone: whoever acts is decided by epochs (docs/fencing.md).
"""

from collections.abc import Sequence
from typing import NamedTuple

import redis
import structlog

from penstock.coordination.holder import holder_of
from penstock.coordination.parts import Leases

_log = structlog.get_logger(__name__)


class Seen(NamedTuple):
    """`again_ms`: when something may have changed without anybody being woken; None: not by itself."""

    free: list[str]
    again_ms: int | None


class Succession:
    """`look` at the leases one would like to have. Times in ms, as leases are configured."""

    def __init__(self, leases: Leases, ttl_ms: int, interval_ms: int) -> None:
        self._leases = leases
        #: what is left of a lease that should have been renewed twice
        self._late_ms = ttl_ms - 2 * interval_ms

    def look(self, roles: Sequence[str]) -> Seen:
        """Two round trips more where a lease is late."""
        held = self._leases.held(roles)
        late = {role: lease.nonce for role, lease in held.items() if lease.left_ms <= self._late_ms}
        for role in self._deserted(late):
            if self._leases.withdraw(role, late[role], self._late_ms):
                _log.info("a lease was ended: its holder is gone", role=role)
                del held[role]
        again = (left - self._late_ms if left > self._late_ms else left for _, left in held.values())
        return Seen([role for role in roles if role not in held], min(again, default=None))

    def _deserted(self, nonces: dict[str, str]) -> list[str]:
        """Those whose holders have no connection."""
        if not nonces:
            return []
        try:
            connected = self._leases.holders()
        except redis.exceptions.NoPermissionError as error:
            _log.warning("leases of the dead are waited for: connections cannot be listed", error=str(error))
            return []
        return [role for role, nonce in nonces.items() if (holder := holder_of(nonce)) and holder not in connected]
