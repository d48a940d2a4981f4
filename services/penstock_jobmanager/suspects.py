"""A job whose leaders keep dying is suspected, and led on probation: what the process dies of then counts for it alone.

Else the jobs that share their leaders with a poison job would be taken over as often as it, and be ended with it. A
poison may take its time, so probation grows with the takeovers: from 3 s to what clears a job of them.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from penstock.coordination.messages import decode
from penstock.coordination.rows import JobRow
from penstock_jobmanager.options import JobMasterOptions

#: takeovers without a stable leadership between; before it all that is free is taken at once
SUSPECT_AFTER = 3
#: seconds from the takeover of a suspect on, in which the process takes no other job; and the shortest probation
PROBATION = 3.0


def takeovers(row: bytes | None) -> int:
    """Of a job by its row; 0 for a row that cannot be read, which is for whoever leads the job to tell."""
    try:
        return 0 if row is None else decode(row, JobRow).takeovers
    except ValueError:
        return 0


class _Probation(NamedTuple):
    role: str
    alone_until: float
    until: float


class Suspects:
    """What one process may take over now. Pure."""

    def __init__(self, options: JobMasterOptions | None = None) -> None:
        """`options`: of the service, for the takeover limit and for what is stable."""
        options = options or JobMasterOptions()
        self._limit, self._stable_after = options.takeover_limit, options.stable_after
        self._after = min(SUSPECT_AFTER, self._limit)
        self._counts: dict[str, int] = {}
        self._probation: _Probation | None = None

    def probation(self, count: int) -> float:
        """Seconds in which no other suspect is led beside one with so many takeovers: the last but one of the takeovers
        that it has left proves it, or clears it."""
        steps = self._limit - 1 - self._after
        share = min(1.0, (count - self._after) / steps) if steps > 0 else 1.0
        return float(PROBATION * (self._stable_after / PROBATION) ** share)

    def admits_none(self, led: Iterable[str], now: float) -> bool:
        """Whether a suspect was taken over just now, and is led still. `led`: roles."""
        return self._is_led(led) and self._probation is not None and now < self._probation.alone_until

    def admits_suspect(self, led: Iterable[str], now: float) -> bool:
        """Whether no suspect that is led is on probation still."""
        return not self._is_led(led) or self._probation is None or now >= self._probation.until

    def innocent(self, counts: Mapping[str, int]) -> list[str]:
        """Of free roles, by their takeovers, those that nothing is known against."""
        self._counts = dict(counts)
        return [role for role, count in counts.items() if count < self._after]

    def worst(self) -> str:
        """The suspect to take next: whose leaders have died most often, so that it is over soonest."""
        return max(self._counts, key=lambda role: self._counts[role])

    def taken(self, role: str, now: float) -> None:
        """We lead it from now on."""
        count = self._counts.get(role, 0)
        if count >= self._after:
            self._probation = _Probation(role, now + PROBATION, now + self.probation(count))

    def _is_led(self, led: Iterable[str]) -> bool:
        return self._probation is not None and self._probation.role in led
