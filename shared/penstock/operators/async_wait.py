"""AsyncDataStream: records leave the loop, their results come back by `drain`. Nothing ever waits for a call.

Records beyond the capacity wait in the operator, and the task takes no more input meanwhile; so timers, the slot's
other tasks and the exchange go on.
"""

from collections import deque
from typing import Any

from penstock.checkpoint.handles import StateMeta
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.async_calls import AsyncCalls
from penstock.operators.async_queue import ElementQueue, Entry, OrderedQueue, UnorderedQueue
from penstock.operators.asynchronous import AsynchronousOperator
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.specs import AsyncWaitSpec
from penstock.operators.user_function import UserFunction
from penstock.state.frozen_items import FrozenItems
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot, RestoredOperator
from penstock.state.watermark_state import restored_watermark, watermark_list

#: list state
PENDING = "_pending"


class AsyncWaitOperator(AsynchronousOperator):
    """Source: Flink's `AsyncWaitOperator`."""

    def __init__(self, index: int, name: str, spec: AsyncWaitSpec) -> None:
        super().__init__(index, name)
        self._spec = spec
        self._function = UserFunction(spec.func, "async_invoke")
        self._queue: ElementQueue = OrderedQueue() if spec.is_ordered else UnorderedQueue()
        self._waiting: deque[Entry] = deque()
        self._under_way = 0
        self._calls: AsyncCalls | None = None
        self._watermark = MIN_TIMESTAMP

    def open(self, context: Any) -> None:
        self._function.open(context)
        self._calls = AsyncCalls(self._spec.func, self._spec.timeout, self._spec.strategy, self._wake)
        self.start()

    def close(self) -> None:
        try:
            if self._calls is not None:
                self._calls.close()
        finally:
            self._function.close()

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        wait = code.bind(self.label("async"), self)
        code.once(wait, [], [f"{wait}.start()"])
        code.line(f"{wait}.add({rec.value}, {rec.timestamp})")

    def add(self, value: Any, timestamp: int | None) -> None:
        """A record; its call begins with the next `start` that has room for it."""
        entry = Entry(value, timestamp)
        self._queue.add(entry)
        self._waiting.append(entry)

    def start(self) -> None:
        """Call the function for as many records as the capacity allows."""
        entries = []
        while self._waiting and self._under_way < self._spec.capacity:
            entries.append(self._waiting.popleft())
            self._under_way += 1
        if entries:
            assert self._calls is not None, f"{self.name} was not opened"
            self._calls.start(entries)

    @property
    def is_pending(self) -> bool:
        return len(self._queue) > 0

    @property
    def blocked(self) -> bool:
        return bool(self._waiting) or self._under_way >= self._spec.capacity

    def drain(self) -> bool:
        assert self._calls is not None, f"{self.name} was not opened"
        completions = self._calls.take()
        for entry, results, error in completions:
            self._under_way -= 1
            if error is not None:
                error.add_note(f"in operator {self.name!r}, for the record {entry.value!r}")
                raise error
            entry.results = results
            self._queue.completed(entry)
        if completions:
            self.start()
            self._emit_ready()
        return bool(completions)

    def on_watermark(self, timestamp: int) -> int | None:
        self._watermark = timestamp
        if not self._queue:
            return timestamp
        self._queue.control(lambda: self.chain.forward_watermark(self.index, timestamp))
        return None

    def on_status(self, active: bool) -> bool | None:
        if not self._queue:
            return active
        self._queue.control(lambda: self.chain.forward_status(self.index, active))
        return None

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        """The records whose results are not out, to be called for again; the watermark that waits behind them."""
        pending = ((entry.value, entry.timestamp) for entry in self._queue.entries())
        items = FrozenItems(pending, f"operator {self.name!r}: a record whose result is not there yet")
        lists = {PENDING: ListSnapshot("split", items, StateMeta(kind="records"))} if items else {}
        return OperatorSnapshot(lists={**lists, **watermark_list(self._watermark)})

    def restore(self, restored: RestoredOperator) -> None:
        for value, timestamp in restored.lists.get(PENDING, ()):
            self.add(value, timestamp)
        self._watermark = restored_watermark(restored)
        if self._queue and self._watermark != MIN_TIMESTAMP:
            # consumers may not have it yet; to those that have it says nothing new
            watermark = self._watermark
            self._queue.control(lambda: self.chain.forward_watermark(self.index, watermark))

    def _emit_ready(self) -> None:
        values: list[Any] = []
        timestamps: list[int | None] = []
        for element in self._queue.ready():
            if isinstance(element, Entry):
                assert element.results is not None
                values += element.results
                timestamps += [element.timestamp] * len(element.results)
            else:
                self._emit(values, timestamps)
                values, timestamps = [], []
                element()
        self._emit(values, timestamps)

    def _emit(self, values: list[Any], timestamps: list[int | None]) -> None:
        if values:
            has_time = any(t is not None for t in timestamps)
            self.chain.emit(self.index, values, timestamps if has_time else None)

    def _wake(self) -> None:
        # looked up each time: the task sets it after the operator was opened
        self.wake()
