"""WindowedStream and AllWindowedStream. Source: `pyflink.datastream.data_stream`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Self

from penstock.common.typeinfo import RowTypeInfo, TypeInformation
from penstock.datastream.data_stream import DataStream, _declared
from penstock.datastream.functions import AggregateFunction, KeySelector, ReduceFunction
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.user_code import check_function, check_type
from penstock.datastream.window.assigner import MergingWindowAssigner, WindowAssigner
from penstock.datastream.window.trigger import Trigger
from penstock.datastream.window_functions import (
    AllWindowFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    WindowFunction,
)
from penstock.operators.window_spec import WindowSpec

if TYPE_CHECKING:
    from penstock.datastream.keyed_stream import KeyedStream
    from penstock.datastream.stream_execution_environment import StreamExecutionEnvironment


class _Windows:
    """What both kinds have in common."""

    _is_keyed = True
    _kind = "Window"
    _apply_class: type = WindowFunction
    _process_class: type = ProcessWindowFunction

    def __init__(self, keyed_stream: "KeyedStream", window_assigner: WindowAssigner[Any, Any]) -> None:
        if not isinstance(window_assigner, WindowAssigner):
            hint = f": pass an instance, {window_assigner.__name__}(…)" if isinstance(window_assigner, type) else ""
            raise TypeError(
                f"a WindowAssigner is needed, such as TumblingEventTimeWindows.of(Time.seconds(5)), "
                f"not {window_assigner!r}{hint}"
            )
        self._keyed_stream = keyed_stream
        self._assigner = window_assigner
        self._trigger: Trigger[Any, Any] | None = None
        self._allowed_lateness = 0
        self._late_tag: OutputTag | None = None

    def get_execution_environment(self) -> "StreamExecutionEnvironment":
        return self._keyed_stream.get_execution_environment()

    def get_input_type(self) -> TypeInformation:
        return self._keyed_stream.get_type()

    def trigger(self, trigger: Trigger[Any, Any]) -> Self:
        """Instead of the assigner's default. TypeError where windows merge and the trigger cannot."""
        if not isinstance(trigger, Trigger):
            raise TypeError(f"a Trigger is needed, such as CountTrigger.of(10), not {trigger!r}")
        if isinstance(self._assigner, MergingWindowAssigner) and not trigger.can_merge():
            raise TypeError("A merging window assigner cannot be used with a trigger that does not support merging.")
        self._trigger = trigger
        return self

    def allowed_lateness(self, time_ms: int) -> Self:
        """For so many ms after its end a window takes late records, and fires again for each. Event time only."""
        if isinstance(time_ms, bool) or not isinstance(time_ms, int) or time_ms < 0:
            raise ValueError(f"The allowed lateness is a number of ms, 0 or more, not {time_ms!r}")
        self._allowed_lateness = time_ms
        return self

    def side_output_late_data(self, output_tag: OutputTag) -> Self:
        """Records too late for all of their windows: `get_side_output(output_tag)` of the resulting stream."""
        if not isinstance(output_tag, OutputTag):
            raise TypeError(f"an OutputTag is needed, not {output_tag!r}")
        self._late_tag = output_tag
        return self

    def _reduce(self, function: Any, window_function: Any, output_type: TypeInformation | None) -> DataStream:
        check_function(function, ReduceFunction, "reduce")
        if window_function is None and output_type is None:
            output_type = self.get_input_type()
        return self._result("reduce", function, self._checked(window_function), output_type)

    def _aggregate(
        self, function: Any, window_function: Any, accumulator_type: Any, output_type: TypeInformation | None
    ) -> DataStream:
        if not isinstance(function, AggregateFunction):
            raise TypeError(f"an AggregateFunction is needed, not {function!r}")
        check_type(RowTypeInfo(accumulator_type) if isinstance(accumulator_type, list) else accumulator_type)
        return self._result("aggregate", function, self._checked(window_function), output_type)

    def _whole(self, window_function: Any, base: type, output_type: TypeInformation | None) -> DataStream:
        if not isinstance(window_function, base):
            raise TypeError(f"a {base.__name__} is needed, not {window_function!r}")
        return self._result("list", None, window_function, output_type)

    def _checked(self, window_function: Any) -> Any:
        classes = (self._apply_class, self._process_class)
        if window_function is not None and not isinstance(window_function, classes):
            names = " or ".join(c.__name__ for c in classes)
            raise TypeError(f"window_function should be a {names}, not {window_function!r}")
        return window_function

    def _result(
        self,
        contents: Literal["list", "reduce", "aggregate"],
        function: Any,
        window_function: Any,
        output_type: TypeInformation | None,
    ) -> DataStream:
        trigger = self._trigger or self._assigner.get_default_trigger(self.get_execution_environment())
        output = check_type(output_type)
        spec = WindowSpec(
            assigner=self._assigner,
            trigger=trigger,
            contents=contents,
            function=function,
            window_function=window_function,
            is_keyed=self._is_keyed,
            allowed_lateness=self._allowed_lateness,
            late_tag=self._late_tag,
            output_type=_declared(output),
        )
        functions = ", ".join(type(f).__name__ for f in (function, window_function) if f is not None)
        result = self._keyed_stream._then(type(self._assigner).__name__, spec, output)
        return result.set_description(f"{self._kind}({self._assigner}, {type(trigger).__name__}, {functions})")


class WindowedStream(_Windows):
    """The records of each key, in windows. Only a stage in building: `reduce` and the others make the operator."""

    def __init__(self, keyed_stream: "KeyedStream", window_assigner: WindowAssigner[Any, Any]) -> None:
        super().__init__(keyed_stream, window_assigner)

    def reduce(
        self,
        reduce_function: "Callable[[Any, Any], Any] | ReduceFunction",
        window_function: "WindowFunction[Any, Any, Any, Any] | ProcessWindowFunction[Any, Any, Any, Any] | None" = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Keeps one value a window. Sliding windows reduce partial reductions: the function has to be associative."""
        return self._reduce(reduce_function, window_function, output_type)

    def aggregate(
        self,
        aggregate_function: AggregateFunction,
        window_function: "WindowFunction[Any, Any, Any, Any] | ProcessWindowFunction[Any, Any, Any, Any] | None" = None,
        accumulator_type: TypeInformation | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Keeps one accumulator a window. Merging and sliding windows use its `merge`."""
        return self._aggregate(aggregate_function, window_function, accumulator_type, output_type)

    def apply(
        self, window_function: "WindowFunction[Any, Any, Any, Any]", output_type: TypeInformation | None = None
    ) -> DataStream:
        """Keeps all records of a window until it ends."""
        return self._whole(window_function, WindowFunction, output_type)

    def process(
        self,
        process_window_function: "ProcessWindowFunction[Any, Any, Any, Any]",
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Keeps all records of a window until it ends."""
        return self._whole(process_window_function, ProcessWindowFunction, output_type)


class AllWindowedStream(_Windows):
    """All records of a stream in windows, in one subtask."""

    _is_keyed = False
    _kind = "AllWindow"
    _apply_class = AllWindowFunction
    _process_class = ProcessAllWindowFunction

    def __init__(self, data_stream: DataStream, window_assigner: WindowAssigner[Any, Any]) -> None:
        super().__init__(data_stream.key_by(NullByteKeySelector()), window_assigner)

    def reduce(
        self,
        reduce_function: "Callable[[Any, Any], Any] | ReduceFunction",
        window_function: "AllWindowFunction[Any, Any, Any] | ProcessAllWindowFunction[Any, Any, Any] | None" = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Keeps one value a window. Sliding windows reduce partial reductions: the function has to be associative."""
        return self._reduce(reduce_function, window_function, output_type)

    def aggregate(
        self,
        aggregate_function: AggregateFunction,
        window_function: "AllWindowFunction[Any, Any, Any] | ProcessAllWindowFunction[Any, Any, Any] | None" = None,
        accumulator_type: TypeInformation | None = None,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Keeps one accumulator a window. Merging and sliding windows use its `merge`."""
        return self._aggregate(aggregate_function, window_function, accumulator_type, output_type)

    def apply(
        self, window_function: "AllWindowFunction[Any, Any, Any]", output_type: TypeInformation | None = None
    ) -> DataStream:
        """Keeps all records of a window until it ends."""
        return self._whole(window_function, AllWindowFunction, output_type)

    def process(
        self,
        process_window_function: "ProcessAllWindowFunction[Any, Any, Any]",
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Keeps all records of a window until it ends."""
        return self._whole(process_window_function, ProcessAllWindowFunction, output_type)


class NullByteKeySelector(KeySelector):
    """One key for all records."""

    def get_key(self, value: Any) -> int:
        return 0
