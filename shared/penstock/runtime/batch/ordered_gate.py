"""The input of an operator of a batch job, in the order it asks for. Source: Flink's `SortingDataInput`."""

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.exchange.elements import MIN_TIMESTAMP, RecordBatch
from penstock.exchange.events import AllEnded, BatchEvent, GateEvent, InputEnded, StatusEvent, WatermarkEvent
from penstock.exchange.input_gate import InputGate
from penstock.graph.input_order import InputOrder
from penstock.runtime.batch.runs import CHUNK
from penstock.runtime.batch.sorter import KeySorter, Sorted
from penstock.runtime.batch.spool import Spool


class OrderedGate:
    """An `InputGate` to its task; everything but `poll` is that of the gate behind it.

    What has to wait is taken at once and kept, so that producers never wait: two inputs that come from one operator
    cannot block each other. Watermarks and idleness mean nothing here: event time ends with the input.
    """

    def __init__(self, gate: InputGate, orders: Sequence[InputOrder], records_in_memory: int) -> None:
        self._gate, self._orders = gate, orders
        self._sorter = KeySorter(len(orders), records_in_memory)
        self._spool = Spool(records_in_memory)
        self._ended: list[GateEvent] = []
        self._replay: Iterator[GateEvent] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gate, name)

    def poll(self) -> GateEvent | None:
        """As `InputGate.poll`."""
        if self._replay is not None:
            event = next(self._replay, None)
            return self._gate.poll() if event is None else event
        while (event := self._gate.poll()) is not None:
            match event:
                case BatchEvent(side, batch):
                    if self._goes_on(side, batch):
                        return event
                    self._keep(side, batch)
                case WatermarkEvent() | StatusEvent():
                    pass
                case InputEnded():
                    self._ended.append(event)
                case AllEnded():
                    self._replay = self._in_order()
                    return next(self._replay)
                case _:
                    return event
        return None

    def _goes_on(self, side: int, batch: RecordBatch) -> bool:
        order = self._orders[side]
        return order == "FIRST" or (order == "BY_TIME" and batch.timestamps is None)

    def _keep(self, side: int, batch: RecordBatch) -> None:
        if self._orders[side] == "LAST":
            self._spool.add(batch)
        else:
            self._sorter.add(side, batch)

    def _in_order(self) -> Iterator[GateEvent]:
        for batch in self._spool.batches():
            yield BatchEvent(self._orders.index("LAST"), batch)
        by_key = "BY_KEY" in self._orders
        collected = _Batch()
        for key, records in self._sorter.groups():
            for side, time, value in records:
                if collected.is_full_for(side):
                    yield collected.take()
                collected.add(key, (side, time, value))
            if by_key and collected:
                yield collected.take()
        if collected:
            yield collected.take()
        yield from self._ended
        yield AllEnded()


class _Batch:
    """Records of one input that leave together."""

    def __init__(self) -> None:
        self._side = 0
        self._batch = RecordBatch([], [], [])

    def __bool__(self) -> bool:
        return bool(self._batch.values)

    def is_full_for(self, side: int) -> bool:
        """Whether a record of this input needs another batch."""
        return bool(self) and (side != self._side or len(self._batch) >= CHUNK)

    def add(self, key: Any, record: Sorted) -> None:
        self._side, time, value = record
        times, keys = self._batch.timestamps, self._batch.keys
        assert times is not None and keys is not None
        times.append(None if time == MIN_TIMESTAMP else time)
        keys.append(key)
        self._batch.values.append(value)

    def take(self) -> BatchEvent:
        batch, self._batch = self._batch, RecordBatch([], [], [])
        if batch.timestamps is not None and not any(time is not None for time in batch.timestamps):
            batch.timestamps = None
        return BatchEvent(self._side, batch)
