"""Waiting for a Redis that is away: a bounded, jittered backoff that says so in the log now and then."""

from collections.abc import Callable

import structlog
import tenacity

from penstock.coordination.connection import is_away

_log = structlog.get_logger(__name__)


def retrying(
    what: str, *, give_up_after: float | None = None, stop: Callable[[], bool] = lambda: False
) -> tenacity.Retrying:
    """Repeat a call for as long as Redis is away: `retrying("load job")(store.load, role)`.

    Only for reads and for calls documented as safe to repeat. Waits 50 ms, doubling up to 0.5 s (Redis up + 1 s is the
    target), and logs once every few seconds. The last error is raised after `give_up_after` seconds or when `stop()`.
    """
    patience = float("inf") if give_up_after is None else give_up_after
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_away),
        wait=tenacity.wait_exponential_jitter(multiplier=0.05, max=0.5, jitter=0.05),
        stop=lambda state: stop() or (state.seconds_since_start or 0.0) >= patience,
        before_sleep=_Announce(what),
        reraise=True,
    )


class _Announce:
    """Logs the first failed attempt, then one every `EVERY` seconds."""

    EVERY = 5.0

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = 0.0

    def __call__(self, state: tenacity.RetryCallState) -> None:
        waited = state.seconds_since_start or 0.0
        if waited < self._next:
            return
        self._next = waited + self.EVERY
        error = state.outcome.exception() if state.outcome else None
        _log.warning("redis is away", waiting_to=self._what, seconds=round(waited, 1), error=str(error))
