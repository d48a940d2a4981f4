"""How fast a job goes, from the lines that its records leave behind: rates, gaps, and when it is back after a fault."""

import itertools
from bisect import bisect_left, bisect_right
from pathlib import Path

#: seconds over which a rate is taken, and share of the nominal rate that counts as going again
WINDOW, SHARE = 0.5, 0.8
#: seconds within which a fault shows, if it does
SHOWS_WITHIN = 1.5
#: seconds without any record that count as an outage, whatever burst follows them
SILENCE = 0.2
#: seconds over which it must go so from then on: a burst of what had piled up is not enough
_FROM_THEN_ON = (0.1, WINDOW, 1.0)


class Probe:
    """Reads the files as they grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._positions: dict[Path, int] = {}
        self._times: list[float] = []
        self._unsorted: list[float] = []
        self.numbers: set[int] = set()

    def read(self) -> list[float]:
        """When records came by (`time.monotonic()`), in order."""
        for path in self._folder.iterdir():
            with path.open("rb") as file:
                file.seek(self._positions.get(path, 0))
                content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            self._positions[path] = self._positions.get(path, 0) + len(whole)
            for line in whole.splitlines():
                at, number = line.split()
                self._unsorted.append(float(at))
                self.numbers.add(int(number))
        if self._unsorted:
            # files are read one after another: what is new may be older than what is known
            self._times = sorted(self._times + self._unsorted)
            self._unsorted.clear()
        return self._times


def count(times: list[float], since: float, until: float) -> int:
    """Records in [since, until)."""
    return bisect_left(times, until) - bisect_left(times, since)


def goes(times: list[float], at: float, rate: float, seconds: float = WINDOW) -> bool:
    """Whether from then on it goes at 80% of the nominal rate (records a second)."""
    return count(times, at, at + seconds) >= SHARE * rate * seconds


def recovered(times: list[float], fault: float, now: float, rate: float) -> float | None:
    """Seconds from the fault to the first moment at which it goes again, and goes on so; 0.0: it never stopped.

    None: not yet, or not known yet.
    """
    if now < fault + SHOWS_WITHIN + WINDOW:
        return None
    step = 0.02
    at = fault
    while goes(times, at, rate) and count(times, at, at + SILENCE):
        at += step
        if at > fault + SHOWS_WITHIN:
            return 0.0
    while at + _FROM_THEN_ON[-1] <= now:
        if all(goes(times, at, rate, seconds) for seconds in _FROM_THEN_ON):
            return at - fault
        at += step
    return None


def longest_gap(times: list[float], since: float, until: float) -> float:
    """Seconds between two records, at most, in that time."""
    inside = [since, *times[bisect_left(times, since) : bisect_right(times, until)], until]
    return max(b - a for a, b in itertools.pairwise(inside))
