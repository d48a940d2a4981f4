"""Reads registrations and beats at the heartbeat's pace and names the TaskManagers that fell silent."""

import time
from collections.abc import Mapping

from penstock.coordination.liveness import Liveness
from penstock.coordination.parts import TaskManagers


class Pulse:
    """`interval`, `timeout`: seconds. The judgement is `Liveness`'s; this adds the reading."""

    def __init__(self, taskmanagers: TaskManagers, interval: float, timeout: float) -> None:
        self._taskmanagers = taskmanagers
        self._interval = interval
        self._liveness = Liveness(timeout)
        self._next = 0.0

    def lost(self, known: Mapping[str, str]) -> dict[str, str]:
        """TaskManager -> incarnation of those lost, among the `known` and the registered. Empty until it is due."""
        now = time.monotonic()
        if now < self._next:
            return {}
        self._next = now + self._interval
        registered = {info.taskmanager: info.incarnation for info in self._taskmanagers.all()}
        watched = {**registered, **known}
        started = time.monotonic()
        beats = self._taskmanagers.beats(watched)
        ended = time.monotonic()
        silent = self._liveness.observe(beats, ended, ended - started)
        return {name: watched[name] for name in sorted(silent)}

    def restart(self) -> None:
        """After an outage: nobody is held to account for it."""
        self._liveness.restart()
