"""ProcessFunction: any number of results a record, side outputs, the record's timestamp."""

from typing import Any

from penstock.common.constants import MIN_LONG_VALUE
from penstock.datastream.functions import ProcessFunction
from penstock.datastream.timerservice import TimerService
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.elementwise import FunctionOperator
from penstock.operators.results import write_results
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator
from penstock.state.timer_service import UnkeyedTimerService
from penstock.state.watermark_state import restored_watermark, watermark_list


class ElementContext(ProcessFunction.Context):
    """One object an operator; the loop sets `element_timestamp` before each call."""

    def __init__(self, timers: TimerService) -> None:
        self._timers = timers
        self.element_timestamp: int | None = None

    def timer_service(self) -> TimerService:
        return self._timers

    def timestamp(self) -> int:
        # as in PyFlink 2.3: Java's least long stands for "none"
        return MIN_LONG_VALUE if self.element_timestamp is None else self.element_timestamp


class ProcessOperator(FunctionOperator):
    method = "process_element"
    takes_tags = True

    def __init__(self, index: int, name: str, func: Any) -> None:
        super().__init__(index, name, func)
        self._timers = UnkeyedTimerService()
        self._context = ElementContext(self._timers)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        context = code.bind(self.label("ctx"), self._context)
        code.line(f"{context}.element_timestamp = {rec.timestamp}")
        call = f"{self.bind_function(code)}({rec.value}, {context})"
        write_results(code, self, self.function, call, rec, takes_tags=True)

    def on_watermark(self, timestamp: int) -> int | None:
        self._timers.watermark = timestamp
        return timestamp

    def restore(self, restored: RestoredOperator) -> None:
        super().restore(restored)
        self._timers.watermark = restored_watermark(restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        snapshot.lists.update(watermark_list(self._timers.watermark))
        return snapshot
