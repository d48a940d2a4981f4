"""TimerService: what a KeyedProcessFunction registers its timers with."""

from penstock.datastream.timerservice import TimerService
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.state.backend import KeyedStateBackend
from penstock.state.clock import processing_time
from penstock.state.timers import TimerQueue

__all__ = ["KeyedTimerService", "UnkeyedTimerService", "processing_time"]

#: as state
EVENT_TIME = "_event_time_timers"
PROCESSING_TIME = "_processing_time_timers"


class KeyedTimerService(TimerService):
    """Event-time and processing-time timers for the backend's current key."""

    def __init__(self, backend: KeyedStateBackend) -> None:
        self._backend = backend
        self.event_time = TimerQueue()
        self.processing_time = TimerQueue()
        backend.register(EVENT_TIME, self.event_time)
        backend.register(PROCESSING_TIME, self.processing_time)
        self.watermark = MIN_TIMESTAMP

    def current_processing_time(self) -> int:
        return processing_time()

    def current_watermark(self) -> int:
        return self.watermark

    def register_processing_time_timer(self, timestamp: int) -> None:
        self.processing_time.register(_ms(timestamp), self._backend.key)

    def register_event_time_timer(self, timestamp: int) -> None:
        self.event_time.register(_ms(timestamp), self._backend.key)

    def delete_processing_time_timer(self, timestamp: int) -> None:
        self.processing_time.delete(_ms(timestamp), self._backend.key)

    def delete_event_time_timer(self, timestamp: int) -> None:
        self.event_time.delete(_ms(timestamp), self._backend.key)


class UnkeyedTimerService(TimerService):
    """Of a ProcessFunction: it can tell the time, but timers need a key."""

    def __init__(self) -> None:
        self.watermark = MIN_TIMESTAMP

    def current_processing_time(self) -> int:
        return processing_time()

    def current_watermark(self) -> int:
        return self.watermark

    def register_processing_time_timer(self, timestamp: int) -> None:
        raise _no_key()

    def register_event_time_timer(self, timestamp: int) -> None:
        raise _no_key()

    def delete_processing_time_timer(self, timestamp: int) -> None:
        raise _no_key()

    def delete_event_time_timer(self, timestamp: int) -> None:
        raise _no_key()


def _ms(timestamp: int) -> int:
    if isinstance(timestamp, float):  # `now() + 1.5 * 1000` is a float as easily as not
        return int(timestamp)
    if not isinstance(timestamp, int):
        raise TypeError(f"a timer's time is a number of ms since the epoch, not {timestamp!r}")
    return timestamp


def _no_key() -> RuntimeError:
    return RuntimeError("timers can only be set on a keyed stream: key_by(…).process(KeyedProcessFunction)")
