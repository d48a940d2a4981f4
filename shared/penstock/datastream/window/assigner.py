"""WindowAssigner: which windows a record belongs to; GlobalWindows, the simplest one."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Any, Generic, TypeVar

from penstock.common.serializer import TypeSerializer
from penstock.datastream.functions import RuntimeContext
from penstock.datastream.window.plain_triggers import NeverTrigger
from penstock.datastream.window.serializers import GlobalWindowSerializer
from penstock.datastream.window.trigger import Trigger
from penstock.datastream.window.windows import GlobalWindow

T = TypeVar("T")
W = TypeVar("W")
W2 = TypeVar("W2")


class WindowAssigner(ABC, Generic[T, W]):
    """Assigns each record to any number of windows."""

    class WindowAssignerContext(ABC):
        @abstractmethod
        def get_current_processing_time(self) -> int:
            """Ms since the epoch."""

        @abstractmethod
        def get_runtime_context(self) -> RuntimeContext:
            """With the state of the record's key."""

    @abstractmethod
    def assign_windows(
        self, element: T, timestamp: int, context: "WindowAssigner.WindowAssignerContext"
    ) -> Collection[W]:
        """`timestamp`: ms, `MIN_LONG_VALUE` for a record without."""

    @abstractmethod
    def get_default_trigger(self, env: Any) -> Trigger[T, W]: ...

    @abstractmethod
    def get_window_serializer(self) -> TypeSerializer[W]: ...

    @abstractmethod
    def is_event_time(self) -> bool:
        """Whether its windows end by watermarks; otherwise by the clock."""


class MergingWindowAssigner(WindowAssigner[T, W]):
    """An assigner whose windows grow together, such as sessions."""

    class MergeCallback(ABC, Generic[W2]):
        @abstractmethod
        def merge(self, to_be_merged: Iterable[W2], merge_result: W2) -> None:
            """These windows become that one."""

    @abstractmethod
    def merge_windows(self, windows: Iterable[W], callback: "MergingWindowAssigner.MergeCallback[W]") -> None:
        """Tell `callback` which of a key's windows to merge."""


class SessionWindowTimeGapExtractor(ABC):
    """The gap of a session with a dynamic one."""

    @abstractmethod
    def extract(self, element: Any) -> int:
        """Ms after this record until the session ends, above 0."""


class GlobalWindows(WindowAssigner[T, GlobalWindow]):
    """All records of a key in one window that never ends: give it a trigger."""

    deterministic = True

    @staticmethod
    def create() -> "GlobalWindows[Any]":
        return GlobalWindows()

    def __init__(self) -> None:
        super().__init__()

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[GlobalWindow]:
        return [GlobalWindow.get()]

    def get_default_trigger(self, env: Any) -> Trigger[T, GlobalWindow]:
        return NeverTrigger()

    def get_window_serializer(self) -> TypeSerializer[GlobalWindow]:
        return GlobalWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "GlobalWindows()"
