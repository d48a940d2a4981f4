"""From a window's contents to results: the window function, its context, the state it may use."""

from collections.abc import Callable, Iterable
from typing import Any

from penstock.datastream.functions import KeyedStateStore, ProcessAllWindowFunction, ProcessWindowFunction
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.window_spec import WindowSpec
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.timer_service import processing_time
from penstock.state.window_namespace import OF_WINDOW
from penstock.state.window_state import NoWindowState, WindowStates, WindowStateStore

#: (key, window, contents' result) -> results
Evaluate = Callable[[Any, Any, Any], Iterable[Any] | None]


class ProcessWindowContext(ProcessWindowFunction.Context[Any], ProcessAllWindowFunction.Context[Any]):
    """One object an operator; window and key are set before each call."""

    def __init__(self, backend: HashMapKeyedStateBackend, window_state: WindowStates, merges: bool) -> None:
        self._backend, self._window_state = backend, window_state
        self._store: KeyedStateStore = NoWindowState() if merges else WindowStateStore(window_state)
        self._runtime_context: Any = None
        self._window: Any = None
        self.watermark = MIN_TIMESTAMP

    def open(self, runtime_context: Any) -> None:
        self._runtime_context = runtime_context

    def enter(self, key: Any, window: Any) -> None:
        """What is asked from now on is about this window."""
        self._backend.key = key
        self._window = window
        self._window_state.key = key, window

    def window(self) -> Any:
        return self._window

    def current_processing_time(self) -> int:
        return processing_time()

    def current_watermark(self) -> int:
        return self.watermark

    def window_state(self) -> KeyedStateStore:
        return self._store

    def global_state(self) -> KeyedStateStore:
        store: KeyedStateStore = self._runtime_context
        return store


class Evaluation:
    """Calls the window function. `evaluate` is None where the contents' result is the window's."""

    def __init__(self, spec: WindowSpec, backend: HashMapKeyedStateBackend, merges: bool) -> None:
        self.context = ProcessWindowContext(backend, WindowStates(backend, OF_WINDOW), merges)
        self._functions = [f for f in (spec.function, spec.window_function) if f is not None]
        self._function = spec.window_function
        self._is_process = hasattr(self._function, "process")
        self._is_keyed = spec.is_keyed
        self._is_list = spec.contents == "list"
        self.evaluate: Evaluate | None = None if self._function is None else self._evaluate
        #: whether `clear` does anything
        self.clears = self._is_process and not _inherits_clear(self._function)

    def open(self, runtime_context: Any) -> None:
        self.context.open(runtime_context)
        for function in self._functions:
            if hasattr(function, "open"):
                function.open(runtime_context)

    def close(self) -> None:
        for function in self._functions:
            if hasattr(function, "close"):
                function.close()

    def results(self, key: Any, window: Any, result: Any) -> Iterable[Any]:
        """Of one window; `result` is that of its contents."""
        if self.evaluate is None:
            return () if result is None else (result,)
        return self.evaluate(key, window, result) or ()

    def clear(self, key: Any, window: Any) -> None:
        """The window is over."""
        if self.clears:
            self.context.enter(key, window)
            self._function.clear(self.context)

    def _evaluate(self, key: Any, window: Any, result: Any) -> Iterable[Any] | None:
        if result is None:
            return None
        elements = result if self._is_list else [result]
        self.context.enter(key, window)
        results: Iterable[Any] | None
        if self._is_process:
            arguments = (key, self.context, elements) if self._is_keyed else (self.context, elements)
            results = self._function.process(*arguments)
        else:
            arguments = (key, window, elements) if self._is_keyed else (window, elements)
            results = self._function.apply(*arguments)
        return results


def _inherits_clear(function: Any) -> bool:
    return type(function).clear in (ProcessWindowFunction.clear, ProcessAllWindowFunction.clear)
