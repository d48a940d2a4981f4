"""WindowSpec -> the operator that runs it: the fast ones where assigner and trigger are the built-in ones."""

from dataclasses import replace
from typing import Any

from penstock.datastream.window.count_assigners import CountSlidingWindowAssigner, CountTumblingWindowAssigner
from penstock.datastream.window.plain_triggers import CountTrigger, PurgingTrigger
from penstock.datastream.window.session_assigners import DynamicEventTimeSessionWindows, EventTimeSessionWindows
from penstock.datastream.window.time_assigners import (
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from penstock.datastream.window.time_triggers import EventTimeTrigger, ProcessingTimeTrigger
from penstock.operators.operator import Operator
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.contents import AggregatedContents, NumberedContents, contents_of
from penstock.operators.windows.event_time import EventTimeWindowOperator
from penstock.operators.windows.general import GeneralWindowOperator
from penstock.operators.windows.layout import WindowLayout
from penstock.operators.windows.processing_time import ProcessingTimeWindowOperator
from penstock.operators.windows.sessions import SessionWindowOperator
from penstock.operators.windows.tumbling_count import TumblingCountWindowOperator
from penstock.state.hash_map import HashMapKeyedStateBackend

_COUNT_ASSIGNERS = (CountTumblingWindowAssigner, CountSlidingWindowAssigner)


def build_window_operator(index: int, name: str, spec: WindowSpec, backend: HashMapKeyedStateBackend) -> Operator:
    """A fast operator has the same results; a subclass of an assigner or trigger is not the built-in one."""
    contents, layout = contents_of(spec), layout_of(spec.assigner)
    if layout is not None and not layout.is_tumbling:
        if isinstance(contents, AggregatedContents) and not contents.can_merge():
            layout = None
        elif spec.contents == "list":
            contents = NumberedContents()
    if layout is not None and type(spec.trigger) is EventTimeTrigger and spec.assigner.is_event_time():
        return EventTimeWindowOperator(index, name, spec, layout, contents, backend)
    if layout is not None and type(spec.trigger) is ProcessingTimeTrigger and not spec.assigner.is_event_time():
        return ProcessingTimeWindowOperator(index, name, spec, layout, contents, backend)
    if type(spec.trigger) is EventTimeTrigger:
        if type(spec.assigner) is EventTimeSessionWindows:
            return SessionWindowOperator(index, name, spec, spec.assigner._session_gap, contents, backend)
        if type(spec.assigner) is DynamicEventTimeSessionWindows:
            return SessionWindowOperator(index, name, spec, spec.assigner.gap_of, contents, backend)
    if _fires_when_full(spec):
        if type(spec.assigner) is CountTumblingWindowAssigner:
            return TumblingCountWindowOperator(index, name, spec, spec.assigner._window_size, contents, backend)
        # a count window gets no record after it is full: PyFlink's trigger would keep its contents for ever
        spec = replace(spec, trigger=PurgingTrigger.of(spec.trigger))
    return GeneralWindowOperator(index, name, spec, contents_of(spec), backend)


def _fires_when_full(spec: WindowSpec) -> bool:
    assigner, trigger = spec.assigner, spec.trigger
    if type(trigger) is not CountTrigger or type(assigner) not in _COUNT_ASSIGNERS:
        return False
    return bool(trigger._window_size == assigner._window_size)


def layout_of(assigner: Any) -> WindowLayout | None:
    """Of the built-in tumbling and sliding assigners."""
    if type(assigner) in (TumblingEventTimeWindows, TumblingProcessingTimeWindows):
        return WindowLayout(assigner._size, assigner._size, assigner._offset)
    if type(assigner) in (SlidingEventTimeWindows, SlidingProcessingTimeWindows):
        return WindowLayout(assigner._size, assigner._slide, assigner._offset)
    return None
