"""Who has fallen silent: judged by an unchanged beat over the observer's own monotonic clock. Pure."""

from collections.abc import Mapping


class Liveness:
    """Watches beats. Times are seconds of one monotonic clock.

    Time counts against the watched only where the observer itself was well: the time between two observations in a
    row, both with a fast round trip, and never more than `longest_step` of it (an observer that was paused has seen
    nothing). So neither a stall of Redis nor one of the observer declares anybody dead. After an outage everybody has
    some time more until his first beat: who finds his way back to Redis last is not dead either.
    """

    def __init__(self, timeout: float, *, fast: float | None = None, longest_step: float | None = None) -> None:
        """`fast`: the longest round trip that counts, default timeout / 10. `longest_step`: default timeout / 2."""
        if timeout <= 0:
            raise ValueError(f"the heartbeat timeout must be positive, got {timeout} s")
        self._timeout = timeout
        self._fast = timeout / 10 if fast is None else fast
        self._longest_step = timeout / 2 if longest_step is None else longest_step
        self._last: float | None = None
        self._beats: dict[str, str | None] = {}
        self._silent: dict[str, float] = {}
        self._grace = 0.0

    def observe(self, beats: Mapping[str, str | None], now: float, round_trip: float) -> set[str]:
        """All of those in `beats` whose beat has not changed for the timeout. Who is not in `beats` is forgotten."""
        elapsed = self._healthy_time(now, round_trip)
        for watched in self._silent.keys() - beats.keys():
            del self._silent[watched], self._beats[watched]
        for watched, beat in beats.items():
            known = watched in self._silent
            if known and beat == self._beats[watched]:
                self._silent[watched] += elapsed
            else:
                self._silent[watched] = 0.0 if known else -self._grace
            self._beats[watched] = beat
        self._grace = max(0.0, self._grace - elapsed)
        return {watched for watched, silent in self._silent.items() if silent >= self._timeout}

    def restart(self, grace: float = 0.0) -> None:
        """Begin anew, after a reconnect: what was not seen is held against nobody. `grace`: seconds beside the timeout
        that each has for his next beat."""
        self._last, self._grace = None, grace
        self._silent = dict.fromkeys(self._silent, -grace)

    def _healthy_time(self, now: float, round_trip: float) -> float:
        if round_trip > self._fast:
            self._last = None
            return 0.0
        previous, self._last = self._last, now
        return 0.0 if previous is None else min(max(now - previous, 0.0), self._longest_step)
