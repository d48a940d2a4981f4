"""A stream, keyed or not, beside a broadcast one that fills the broadcast state."""

from collections.abc import Sequence
from typing import Any

from penstock.datastream.broadcast_functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from penstock.datastream.state import BroadcastState, MapStateDescriptor, ReadOnlyBroadcastState
from penstock.datastream.timerservice import TimerService
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.elementwise import FunctionOperator
from penstock.operators.keyed_process import KeyedContext, KeyedProcessOperator
from penstock.operators.results import write_results
from penstock.operators.user_function import UserFunction
from penstock.state.backend import KeyedStateBackend
from penstock.state.broadcast import BroadcastStateStore
from penstock.state.no_key import NO_KEY
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator
from penstock.state.timer_service import UnkeyedTimerService
from penstock.state.watermark_state import restored_watermark, watermark_list


class _Times:
    """What all contexts tell of time."""

    def __init__(self, timers: TimerService, store: BroadcastStateStore) -> None:
        self._timers, self._store = timers, store
        self.element_timestamp: int | None = None

    def timestamp(self) -> Any:
        return self.element_timestamp

    def current_processing_time(self) -> int:
        return self._timers.current_processing_time()

    def current_watermark(self) -> int:
        return self._timers.current_watermark()


class BroadcastContext(_Times, BroadcastProcessFunction.Context, KeyedBroadcastProcessFunction.Context):
    """Of the broadcast side: it may write."""

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        return self._store.get_broadcast_state(state_descriptor)


class ReadOnlyContext(_Times, BroadcastProcessFunction.ReadOnlyContext):
    """Of the other side where it is not keyed."""

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> ReadOnlyBroadcastState[Any, Any]:
        return self._store.read_only(state_descriptor)


class KeyedReadOnlyContext(KeyedContext, KeyedBroadcastProcessFunction.OnTimerContext):
    """Of the keyed side, and of its timers."""

    def __init__(self, backend: KeyedStateBackend, timers: TimerService, store: BroadcastStateStore) -> None:
        super().__init__(backend, timers)
        self._store = store

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> ReadOnlyBroadcastState[Any, Any]:
        return self._store.read_only(state_descriptor)

    def current_processing_time(self) -> int:
        return self._timers.current_processing_time()

    def current_watermark(self) -> int:
        return self._timers.current_watermark()


def _write_broadcast(
    code: ChainCode, operator: FunctionOperator, function: UserFunction, context: BroadcastContext, rec: Rec
) -> None:
    ctx = code.bind(operator.label("broadcast_ctx"), context)
    code.line(f"{ctx}.element_timestamp = {rec.timestamp}")
    call = f"{code.bind(operator.label('process_broadcast_element'), function.call)}({rec.value}, {ctx})"
    write_results(code, operator, function, call, rec, takes_tags=True)


class BroadcastProcessOperator(FunctionOperator):
    """Input 0 is the stream, input 1 the broadcast one."""

    method = "process_element"
    takes_tags = True
    inputs = 2

    def __init__(self, index: int, name: str, func: Any, descriptors: Sequence[MapStateDescriptor]) -> None:
        super().__init__(index, name, func)
        self._broadcast_function = UserFunction(func, "process_broadcast_element")
        self._store = BroadcastStateStore(descriptors)
        self._timers = UnkeyedTimerService()
        self._context = ReadOnlyContext(self._timers, self._store)
        self._broadcast_context = BroadcastContext(self._timers, self._store)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        context = code.bind(self.label("ctx"), self._context)
        code.line(f"{context}.element_timestamp = {rec.timestamp}")
        call = f"{self.bind_function(code)}({rec.value}, {context})"
        write_results(code, self, self.function, call, rec, takes_tags=True)

    def code_second(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        _write_broadcast(code, self, self._broadcast_function, self._broadcast_context, rec)

    def on_watermark(self, timestamp: int) -> int | None:
        self._timers.watermark = timestamp
        return timestamp

    def restore(self, restored: RestoredOperator) -> None:
        super().restore(restored)
        self._store.restore(self.name, restored)
        self._timers.watermark = restored_watermark(restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        snapshot.lists.update({**self._store.snapshot(self.name), **watermark_list(self._timers.watermark)})
        return snapshot


class KeyedBroadcastProcessOperator(KeyedProcessOperator):
    """Input 0 is keyed. While a broadcast record is processed there is no key."""

    inputs = 2

    def __init__(
        self, index: int, name: str, func: Any, backend: KeyedStateBackend, descriptors: Sequence[MapStateDescriptor]
    ) -> None:
        self._store = BroadcastStateStore(descriptors)
        super().__init__(index, name, func, backend)
        self._broadcast_function = UserFunction(func, "process_broadcast_element")
        self._broadcast_context = BroadcastContext(self._timers, self._store)

    def make_context(self, backend: KeyedStateBackend, timers: TimerService) -> KeyedContext:
        return KeyedReadOnlyContext(backend, timers, self._store)

    def code_second(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        code.line(f"{code.bind(self.label('state'), self._state)}.key = {code.bind('NO_KEY', NO_KEY)}")
        _write_broadcast(code, self, self._broadcast_function, self._broadcast_context, rec)

    def restore(self, restored: RestoredOperator) -> None:
        super().restore(restored)
        self._store.restore(self.name, restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        lists = self._store.snapshot(self.name)
        snapshot = super().snapshot(checkpoint)
        snapshot.lists.update(lists)
        return snapshot
