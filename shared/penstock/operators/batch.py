"""Keyed process operators of a batch job: one key at a time, whose timers fire when its records have been.

Source: Flink's `BatchExecutionInternalTimeService` and the state backend that goes with it.
"""

from typing import Any

from penstock.exchange.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from penstock.operators.broadcast_process import KeyedBroadcastProcessOperator
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.co_process import KeyedCoProcessOperator
from penstock.operators.keyed_process import KeyedProcessOperator
from penstock.operators.operator import Operator, is_end_of_time
from penstock.operators.specs import BroadcastProcessSpec, CoProcessSpec, KeyedProcessSpec, OperatorSpec
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.no_key import NO_KEY
from penstock.state.timer_service import KeyedTimerService


class KeyTimerService(KeyedTimerService):
    """Event time is MIN for the records of a key and MAX for its timers. Timers set by timers are ignored, as there."""

    def register_processing_time_timer(self, timestamp: int) -> None:
        if self.watermark != MAX_TIMESTAMP:
            super().register_processing_time_timer(timestamp)

    def register_event_time_timer(self, timestamp: int) -> None:
        if self.watermark != MAX_TIMESTAMP:
            super().register_event_time_timer(timestamp)


class OneKeyAtATime(KeyedProcessOperator):
    """A batch never has two keys, so that the timers of the one before fire before anything of this one leaves."""

    has_timers = False
    timer_service = KeyTimerService
    _current: Any = NO_KEY

    def set_key(self, code: ChainCode, rec: Rec) -> None:
        assert rec.key is not None, f"{self.name}: keyed state needs a keyed input"
        operator, state = code.bind(self.label("keys"), self), code.bind(self.label("state"), self._state)
        with code.indented(f"if {state}.key is not {rec.key} and {operator}.is_new({rec.key}):"):
            code.line(f"{operator}.begin({rec.key})")
        if self._state.on_record:
            code.line(f"{state}.clean()")

    def is_new(self, key: Any) -> bool:
        """Whether it is not the key at hand, maybe in another object."""
        return self._current is NO_KEY or bool(self._current != key)

    def begin(self, key: Any) -> None:
        """The first record of a key: the one before has ended."""
        self._end_key()
        self._state.key = self._current = key

    def on_watermark(self, timestamp: int) -> int | None:
        if not is_end_of_time(timestamp):
            return None
        self._end_key()
        self._timers.watermark = timestamp
        return timestamp

    def _end_key(self) -> None:
        if self._current is NO_KEY:
            return
        super().on_watermark(MAX_TIMESTAMP)
        self.on_processing_time(MAX_TIMESTAMP)
        self._timers.watermark = MIN_TIMESTAMP
        backend = self._state
        assert isinstance(backend, HashMapKeyedStateBackend)
        backend.clear()
        backend.key = self._current = NO_KEY


class BatchKeyedCoProcessOperator(OneKeyAtATime, KeyedCoProcessOperator):
    """A key's records of both inputs, merged by time."""


class BatchKeyedBroadcastProcessOperator(OneKeyAtATime, KeyedBroadcastProcessOperator):
    """The broadcast side has ended before the first key begins."""


def batch_operator(spec: OperatorSpec, index: int, name: str, backend: HashMapKeyedStateBackend) -> Operator | None:
    """The operator that a batch job has in the place of the streaming one; None where it has none of its own."""
    match spec:
        case KeyedProcessSpec():
            return OneKeyAtATime(index, name, spec.func, backend)
        case CoProcessSpec(is_keyed=True):
            return BatchKeyedCoProcessOperator(index, name, spec.kind, spec.func, backend)
        case BroadcastProcessSpec(is_keyed=True):
            return BatchKeyedBroadcastProcessOperator(index, name, spec.func, backend, spec.descriptors)
    return None
