"""Two streams seen by one operator. Source: `pyflink.datastream.data_stream`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from penstock.common.typeinfo import RowTypeInfo, TypeInformation
from penstock.datastream.broadcast_functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from penstock.datastream.co_functions import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
)
from penstock.datastream.data_stream import DataStream, _declared
from penstock.datastream.functions import KeySelector
from penstock.datastream.keyed_stream import KeyedStream
from penstock.datastream.state import MapStateDescriptor
from penstock.datastream.user_code import check_type
from penstock.graph.transformations import StreamInput
from penstock.operators.specs import BroadcastProcessSpec, CoProcessSpec, OperatorSpec

__all__ = ["BroadcastConnectedStream", "BroadcastStream", "ConnectedStreams"]


class ConnectedStreams:
    """Keyed where both streams are: then both inputs share the key's state."""

    def __init__(self, stream1: DataStream, stream2: DataStream) -> None:
        self.stream1 = stream1
        self.stream2 = stream2

    def key_by(
        self,
        key_selector1: "Callable[[Any], Any] | KeySelector",
        key_selector2: "Callable[[Any], Any] | KeySelector",
        key_type: TypeInformation | None = None,
    ) -> "ConnectedStreams":
        """The same keys must mean the same on both sides."""
        return ConnectedStreams(
            self.stream1.key_by(key_selector1, key_type), self.stream2.key_by(key_selector2, key_type)
        )

    def map(self, func: CoMapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """A result of None is no record."""
        if not isinstance(func, CoMapFunction):
            raise TypeError(f"The input function must be a CoMapFunction, not {func!r}")
        return self._apply("Co-Map", "map", func, output_type)

    def flat_map(self, func: CoFlatMapFunction, output_type: TypeInformation | None = None) -> DataStream:
        if not isinstance(func, CoFlatMapFunction):
            raise TypeError(f"The input must be a CoFlatMapFunction, not {func!r}")
        return self._apply("Co-Flat Map", "flat_map", func, output_type)

    def process(
        self, func: CoProcessFunction | KeyedCoProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        if not isinstance(func, (CoProcessFunction, KeyedCoProcessFunction)):
            raise TypeError(f"The input must be a CoProcessFunction or KeyedCoProcessFunction, not {func!r}")
        return self._apply(
            "Keyed Co-Process" if self._is_keyed_stream() else "Co-Process", "process", func, output_type
        )

    def _is_keyed_stream(self) -> bool:
        return isinstance(self.stream1, KeyedStream) and isinstance(self.stream2, KeyedStream)

    def _apply(
        self,
        name: str,
        kind: Literal["map", "flat_map", "process"],
        func: Any,
        output_type: TypeInformation | None,
    ) -> DataStream:
        output = check_type(output_type)
        spec = CoProcessSpec(kind, func, self._is_keyed_stream(), output_type=_declared(output))
        return _two_input(name, spec, self.stream1, self.stream2, output)


class BroadcastStream:
    """What `DataStream.broadcast(descriptor, …)` gives: it can only be connected with."""

    def __init__(
        self, input_stream: DataStream | KeyedStream, broadcast_state_descriptors: list[MapStateDescriptor]
    ) -> None:
        self.input_stream = input_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors


class BroadcastConnectedStream:
    """A stream, keyed or not, and one whose records reach every subtask."""

    def __init__(
        self,
        non_broadcast_stream: DataStream | KeyedStream,
        broadcast_stream: BroadcastStream,
        broadcast_state_descriptors: list[MapStateDescriptor],
    ) -> None:
        self.non_broadcast_stream = non_broadcast_stream
        self.broadcast_stream = broadcast_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors

    def process(
        self,
        func: "BroadcastProcessFunction[Any, Any, Any] | KeyedBroadcastProcessFunction[Any, Any, Any, Any]",
        output_type: TypeInformation | list[TypeInformation] | None = None,
    ) -> DataStream:
        """TypeError where the function is not of the stream's kind."""
        is_keyed = self._is_keyed_stream()
        if isinstance(func, BroadcastProcessFunction):
            if is_keyed:
                raise TypeError("BroadcastProcessFunction should be applied to non-keyed DataStream")
        elif isinstance(func, KeyedBroadcastProcessFunction):
            if not is_keyed:
                raise TypeError("KeyedBroadcastProcessFunction should be applied to keyed DataStream")
        else:
            raise TypeError(f"a BroadcastProcessFunction or KeyedBroadcastProcessFunction is needed, not {func!r}")
        output = check_type(RowTypeInfo(output_type) if isinstance(output_type, list) else output_type)
        descriptors = tuple(self.broadcast_state_descriptors)
        spec = BroadcastProcessSpec(func, descriptors, is_keyed, output_type=_declared(output))
        name = "Keyed-Co-Process-Broadcast" if is_keyed else "Co-Process-Broadcast"
        return _two_input(name, spec, self.non_broadcast_stream, self.broadcast_stream.input_stream, output)

    def _is_keyed_stream(self) -> bool:
        return isinstance(self.non_broadcast_stream, KeyedStream)


def _two_input(
    name: str, spec: OperatorSpec, first: DataStream, second: DataStream, output: TypeInformation
) -> DataStream:
    if first._environment is not second._environment:
        raise ValueError("the two streams are of different environments: make both with the same one")
    inputs = first._inputs + tuple(replace(i, target_input=1) for i in second._inputs)
    transformation = first._environment._add(name, spec, inputs)
    return DataStream(first._environment, (StreamInput(transformation),), output, transformation)
