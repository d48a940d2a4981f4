"""KeyedProcessFunction: keyed state and timers beside what a ProcessFunction has."""

from typing import Any

from penstock.common.constants import MIN_LONG_VALUE
from penstock.datastream.functions import KeyedProcessFunction
from penstock.datastream.time_domain import TimeDomain
from penstock.datastream.timerservice import TimerService
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.elementwise import FunctionOperator
from penstock.operators.results import write_results
from penstock.state.backend import KeyedStateBackend
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator
from penstock.state.timer_service import KeyedTimerService
from penstock.state.timers import TimerQueue
from penstock.state.watermark_state import restored_watermark, watermark_list


class KeyedContext(KeyedProcessFunction.OnTimerContext):
    """Both contexts in one object an operator; `domain` is set while a timer fires."""

    def __init__(self, backend: KeyedStateBackend, timers: TimerService) -> None:
        self._backend, self._timers = backend, timers
        self.element_timestamp: int | None = None
        self.domain: TimeDomain | None = None

    def get_current_key(self) -> Any:
        return self._backend.key

    def timer_service(self) -> TimerService:
        return self._timers

    def timestamp(self) -> int:
        # as in PyFlink 2.3: Java's least long stands for "none"
        return MIN_LONG_VALUE if self.element_timestamp is None else self.element_timestamp

    def time_domain(self) -> TimeDomain:
        if self.domain is None:
            raise RuntimeError("time_domain() is for on_timer(); process_element() has no timer")
        return self.domain


class KeyedProcessOperator(FunctionOperator):
    method = "process_element"
    takes_tags = True
    has_timers = True
    timer_service = KeyedTimerService  #: the class of it

    def __init__(self, index: int, name: str, func: Any, backend: KeyedStateBackend) -> None:
        super().__init__(index, name, func, backend)
        self._state = backend
        self._timers = self.timer_service(backend)
        self._context = self.make_context(backend, self._timers)

    def make_context(self, backend: KeyedStateBackend, timers: TimerService) -> KeyedContext:
        """The context of this kind of function."""
        return KeyedContext(backend, timers)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self.set_key(code, rec)
        context = code.bind(self.label("ctx"), self._context)
        code.line(f"{context}.element_timestamp = {rec.timestamp}")
        call = f"{self.bind_function(code)}({rec.value}, {context})"
        write_results(code, self, self.function, call, rec, takes_tags=True)

    def on_watermark(self, timestamp: int) -> int | None:
        # Flink: the time is the watermark's while its timers fire, the highest of them first to see it
        self._timers.watermark = timestamp
        self._fire(self._timers.event_time, timestamp, TimeDomain.EVENT_TIME)
        return timestamp

    def next_timer(self) -> int | None:
        return self._timers.processing_time.next_time()

    def on_processing_time(self, now: int) -> None:
        self._fire(self._timers.processing_time, now, TimeDomain.PROCESSING_TIME)

    def _fire(self, queue: TimerQueue, until: int, domain: TimeDomain) -> None:
        on_timer = getattr(self.function.target, "on_timer", None)
        while (due := queue.pop_due(until)) is not None:
            if on_timer is None:
                raise TypeError(f"{self.function.target!r} registers timers but has no method on_timer()")
            self._state.key = due[1]
            self._context.domain = domain
            # a record that a timer emits carries the timer's event time; processing time is no timestamp
            timestamp = due[0] if domain is TimeDomain.EVENT_TIME else None
            self._context.element_timestamp = due[0]
            results = on_timer(due[0], self._context)
            if results is not None:
                for value in results:
                    self.chain.emit(self.index, (value,), None if timestamp is None else (timestamp,))
            self._context.domain = None

    def restore(self, restored: RestoredOperator) -> None:
        super().restore(restored)
        self._timers.watermark = restored_watermark(restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        snapshot.lists.update(watermark_list(self._timers.watermark))
        return snapshot
