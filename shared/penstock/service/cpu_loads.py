"""How many CPUs processes use, from the seconds of CPU that they have used so far."""

import time
from collections.abc import Callable


class CpuLoads:
    """Of several processes. Not thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before: dict[int, tuple[float, float]] = {}

    def of(self, pid: int, cpu: float) -> float:
        """CPUs since the last call for this process; 0 at the first. `cpu`: seconds so far."""
        now = self._clock()
        before = self._before.get(pid)
        self._before[pid] = now, cpu
        if before is None or now <= before[0]:
            return 0.0
        return round(max(0.0, cpu - before[1]) / (now - before[0]), 3)

    def forget(self, pid: int) -> None:
        """The process is gone."""
        self._before.pop(pid, None)
