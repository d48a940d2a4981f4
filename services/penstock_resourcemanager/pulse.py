"""Reads registrations and beats at the heartbeat's pace and names the TaskManagers that are to go."""

import time
from collections.abc import Mapping

from penstock.coordination.liveness import Liveness
from penstock.coordination.parts import TaskManagers
from penstock_resourcemanager.strangers import Strangers

#: seconds that TaskManagers have to find their way back after an outage. One that was connected to a master that is
#: gone may wait for a name that does not resolve, or for a packet that nobody answers
BACK_WITHIN = 10.0
_WATCH_TTL_MS = 60_000
#: intervals that a look may be behind the one before: what it is later than that is the machine's, which starves. Those
#: who beat may starve with it, so it counts against none of them
_ON_TIME = 1.25


class Pulse:
    """`interval`, `timeout`: seconds. The judgement is `Liveness`'s; this adds the reading."""

    def __init__(self, taskmanagers: TaskManagers, interval: float, timeout: float) -> None:
        self._taskmanagers = taskmanagers
        self._interval = interval
        self._liveness = Liveness(timeout, longest_step=min(timeout / 2, interval * _ON_TIME))
        self._strangers = Strangers(2 * timeout)
        self._next = 0.0

    @property
    def due_in(self) -> float:
        """Seconds until the next look."""
        return max(0.0, self._next - time.monotonic())

    def lost(self, known: Mapping[str, str]) -> dict[str, str]:
        """TaskManager -> incarnation of those that fell silent, among the `known` and the registered, and of those
        registered that nobody knows. Empty until it is due."""
        now = time.monotonic()
        if now < self._next:
            return {}
        self._next = now + self._interval
        started = time.monotonic()
        self._taskmanagers.check_beats(_WATCH_TTL_MS)
        registered = {info.taskmanager: info.incarnation for info in self._taskmanagers.all()}
        watched = {**registered, **known}
        beats = self._taskmanagers.beats(watched)
        ended = time.monotonic()
        silent = self._liveness.observe(beats, ended, ended - started)
        strangers = self._strangers.observe(registered, known, ended)
        return {name: watched[name] for name in sorted(silent | strangers.keys())}

    def restart(self) -> None:
        """After an outage: nobody is held to account for it."""
        self._liveness.restart(BACK_WITHIN)
        self._strangers.restart()
