"""Count windows: `count_window(size)` and `count_window(size, slide)`."""

from collections.abc import Collection
from typing import Any, TypeVar

from penstock.common.serializer import TypeSerializer
from penstock.common.typeinfo import Types
from penstock.datastream.state import ValueStateDescriptor
from penstock.datastream.window.assigner import WindowAssigner
from penstock.datastream.window.plain_triggers import CountTrigger
from penstock.datastream.window.serializers import CountWindowSerializer
from penstock.datastream.window.trigger import Trigger
from penstock.datastream.window.windows import CountWindow

T = TypeVar("T")


class CountTumblingWindowAssigner(WindowAssigner[T, CountWindow]):
    """Every `window_size` records of a key in one window."""

    deterministic = True

    def __init__(self, window_size: int) -> None:
        self._window_size = check_count(window_size, "window_size")
        self._count = ValueStateDescriptor("tumble-count-assigner", Types.LONG())

    @staticmethod
    def of(window_size: int) -> "CountTumblingWindowAssigner[Any]":
        return CountTumblingWindowAssigner(window_size)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        return [CountWindow(next_number(context, self._count) // self._window_size)]

    def get_default_trigger(self, env: Any) -> Trigger[T, CountWindow]:
        return CountTrigger(self._window_size)

    def get_window_serializer(self) -> TypeSerializer[CountWindow]:
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"CountTumblingWindowAssigner({self._window_size})"


class CountSlidingWindowAssigner(WindowAssigner[T, CountWindow]):
    """Windows of `window_size` records of a key, a new one every `window_slide` records; each fires once it is full."""

    deterministic = True

    def __init__(self, window_size: int, window_slide: int) -> None:
        self._window_size = check_count(window_size, "window_size")
        self._window_slide = check_count(window_slide, "window_slide")
        self._count = ValueStateDescriptor("slide-count-assigner", Types.LONG())

    @staticmethod
    def of(window_size: int, window_slide: int) -> "CountSlidingWindowAssigner[Any]":
        return CountSlidingWindowAssigner(window_size, window_slide)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        number = next_number(context, self._count)
        last = number // self._window_slide
        first = max(0, (number - self._window_size) // self._window_slide + 1)
        return [CountWindow(n) for n in range(last, first - 1, -1)]

    def get_default_trigger(self, env: Any) -> Trigger[T, CountWindow]:
        return CountTrigger(self._window_size)

    def get_window_serializer(self) -> TypeSerializer[CountWindow]:
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"CountSlidingWindowAssigner({self._window_size}, {self._window_slide})"


def next_number(context: WindowAssigner.WindowAssignerContext, count: ValueStateDescriptor) -> int:
    """The number of this record among those of its key, from 0."""
    state = context.get_runtime_context().get_state(count)
    number: int = state.value() or 0
    state.update(number + 1)
    return number


def check_count(count: int, what: str) -> int:
    """ValueError unless it is a number of records."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"{what} must be a number of records, 1 or more, not {count!r}")
    return count
