"""A job whose leaders keep dying is suspected, and led on probation: what the process dies of then counts for it alone.

Else the jobs that share their leaders with a poison job would be taken over as often as it, and be ended with it.
"""

from collections.abc import Iterable, Mapping

from penstock.coordination.messages import decode
from penstock.coordination.rows import JobRow

#: takeovers without a stable leadership between; before it all that is free is taken at once
SUSPECT_AFTER = 3
#: seconds from the takeover of a suspect on, in which the process takes no other job
PROBATION = 3.0


def takeovers(row: bytes | None) -> int:
    """Of a job by its row; 0 for a row that cannot be read, which is for whoever leads the job to tell."""
    try:
        return 0 if row is None else decode(row, JobRow).takeovers
    except ValueError:
        return 0


class Suspects:
    """What one process may take over now. Pure."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._probation: tuple[str, float] | None = None

    def on_probation(self, led: Iterable[str], now: float) -> bool:
        """Whether a suspect was taken over just now, and is led still. `led`: roles."""
        return self._probation is not None and now < self._probation[1] and self._probation[0] in led

    def innocent(self, counts: Mapping[str, int]) -> list[str]:
        """Of free roles, by their takeovers, those that nothing is known against."""
        self._counts = dict(counts)
        return [role for role, count in counts.items() if count < SUSPECT_AFTER]

    def worst(self) -> str:
        """The suspect to take next: whose leaders have died most often, so that it is over soonest."""
        return max(self._counts, key=lambda role: self._counts[role])

    def taken(self, role: str, now: float) -> None:
        """We lead it from now on."""
        if self._counts.get(role, 0) >= SUSPECT_AFTER:
            self._probation = role, now + PROBATION
