"""Functions over the contents of a window. Part of `pyflink.datastream.functions`."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

from penstock.datastream.functions import Function, KeyedStateStore

IN = TypeVar("IN")
OUT = TypeVar("OUT")
KEY = TypeVar("KEY")
W = TypeVar("W")
W2 = TypeVar("W2")


class WindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """For `WindowedStream.apply`, or behind `reduce` and `aggregate`."""

    @abstractmethod
    def apply(self, key: KEY, window: W, inputs: Iterable[IN]) -> Iterable[OUT]:
        """The results of one window. Behind `reduce` or `aggregate`, `inputs` is the one value of these."""


class AllWindowFunction(Function, Generic[IN, OUT, W]):
    """For `AllWindowedStream.apply`, or behind `reduce` and `aggregate`."""

    @abstractmethod
    def apply(self, window: W, inputs: Iterable[IN]) -> Iterable[OUT]:
        """The results of one window."""


class ProcessWindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """A window function that may look at the time and keep state, of the window or of the key."""

    class Context(ABC, Generic[W2]):
        @abstractmethod
        def window(self) -> W2:
            """The window that is evaluated."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Ms since the epoch."""

        @abstractmethod
        def current_watermark(self) -> int:
            """Ms since the epoch, `MIN_LONG_VALUE` before the first."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this window and key; `clear` has to clear it. RuntimeError where windows merge."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State of this key that all its windows share."""

    @abstractmethod
    def process(self, key: KEY, context: "ProcessWindowFunction.Context[W]", elements: Iterable[IN]) -> Iterable[OUT]:
        """The results of one window; `(OutputTag, value)` goes to that side output."""

    def clear(self, context: "ProcessWindowFunction.Context[W]") -> None:
        """The window is over: clear what was kept in `window_state`."""


class ProcessAllWindowFunction(Function, Generic[IN, OUT, W]):
    """As `ProcessWindowFunction`, for `window_all`."""

    class Context(ABC, Generic[W2]):
        @abstractmethod
        def window(self) -> W2:
            """The window that is evaluated."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this window; `clear` has to clear it. RuntimeError where windows merge."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State that all windows share."""

    @abstractmethod
    def process(self, context: "ProcessAllWindowFunction.Context[W]", elements: Iterable[IN]) -> Iterable[OUT]:
        """The results of one window; `(OutputTag, value)` goes to that side output."""

    def clear(self, context: "ProcessAllWindowFunction.Context[W]") -> None:
        """The window is over: clear what was kept in `window_state`."""
