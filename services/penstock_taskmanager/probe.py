"""Does the worker still consume? A numbered message through its own queue says so. Pure: no I/O, no clock.

Workers that stop consuming after a reconnect are known to happen; nothing else would notice before a job hangs.
"""

from typing import Literal, TypeAlias

ProbeAction: TypeAlias = Literal["send", "restart", "interrupt"] | None


class Probe:
    """`interval`, `timeout`: seconds of one monotonic clock. One probe is under way at a time."""

    def __init__(self, interval: float, timeout: float) -> None:
        self._interval = interval
        self._timeout = timeout
        self._number = 0
        self._outstanding: int | None = None
        self._deadline = 0.0
        self._next = 0.0
        self._restarts = 0
        self.answered = False  #: whether the worker has ever consumed a probe

    @property
    def number(self) -> int:
        """Of the probe to send, or under way."""
        return self._number

    @property
    def failing(self) -> bool:
        """Whether a probe was not picked up in time, and none since."""
        return self._restarts > 0

    def act(self, now: float) -> ProbeAction:
        """send: the next probe. restart: the consumer. interrupt: the consumer's sockets, as a restart did not help."""
        if self._outstanding is None:
            return "send" if now >= self._next else None
        if now < self._deadline:
            return None
        self._restarts += 1
        self._deadline = now + self._timeout
        return "restart" if self._restarts % 2 else "interrupt"

    def sent(self, now: float) -> None:
        """The probe `number` is on its way."""
        self._outstanding = self._number
        self._deadline = now + self._timeout

    def not_sent(self, now: float) -> None:
        """The broker is away. That says nothing of the consumer; the time the outage took does not count either."""
        self._next = now + self._interval
        self._deadline = now + self._timeout

    def outage(self, now: float) -> None:
        """Redis was away: the probe under way may be lost with it, and counts no more."""
        self._outstanding = None
        self._next = now

    def seen(self, number: int, now: float) -> None:
        """The worker consumed a probe. Late copies of older ones prove nothing."""
        if number != self._outstanding:
            return
        self._outstanding = None
        self._number += 1
        self._next = now + self._interval
        self._restarts = 0
        self.answered = True
