"""DataStream. Source: `pyflink.datastream.data_stream`."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, overload

from penstock.common.execution_config import ExecutionConfig
from penstock.common.jvm import no_jvm
from penstock.common.typeinfo import PickledBytesTypeInfo, TupleTypeInfo, TypeInformation
from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream.closeable_iterator import CloseableIterator
from penstock.datastream.data_stream_sink import DataStreamSink
from penstock.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    KeySelector,
    MapFunction,
    Partitioner,
    ProcessFunction,
    SinkFunction,
)
from penstock.datastream.operator_settings import OperatorSettings
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.projection import Projection
from penstock.datastream.slot_sharing_group import SlotSharingGroup
from penstock.datastream.state import MapStateDescriptor
from penstock.datastream.user_code import check_function, check_type
from penstock.graph.transformations import PartitionerSpec, StreamInput, Transformation
from penstock.operators.specs import (
    CollectSpec,
    CustomPartitionerSpec,
    FilterSpec,
    FlatMapSpec,
    HashPartitionerSpec,
    MapSpec,
    OperatorSpec,
    PrintSpec,
    ProcessSpec,
    Sink,
    SinkSpec,
    TimestampsAndWatermarksSpec,
)

if TYPE_CHECKING:
    from penstock.datastream.stream_execution_environment import StreamExecutionEnvironment
    from penstock.datastream.window.assigner import WindowAssigner
    from penstock.graph.job_graph import PartitionStrategy

__all__ = [
    "AllWindowedStream",
    "BroadcastConnectedStream",
    "BroadcastStream",
    "CachedDataStream",
    "CloseableIterator",
    "ConnectedStreams",
    "DataStream",
    "DataStreamSink",
    "KeyedStream",
    "WindowedStream",
]


#: the name of the state in which PyFlink keeps the contents of windows
WINDOW_STATE_NAME = "window-contents"


class DataStream(OperatorSettings):
    """A stream of records of one type, made by one operator or by several that were united."""

    def __init__(
        self,
        environment: "StreamExecutionEnvironment",
        inputs: tuple[StreamInput, ...],
        type_info: TypeInformation,
        transformation: Transformation | None = None,
    ) -> None:
        super().__init__(environment, transformation)
        self._inputs = inputs
        self._type = type_info

    # -- what it is ----------------------------------------------------------------------------------------------------

    def get_name(self) -> str:
        return self._transformation.name

    def get_type(self) -> TypeInformation:
        return self._type

    def get_execution_environment(self) -> "StreamExecutionEnvironment":
        return self._environment

    def get_execution_config(self) -> ExecutionConfig:
        return self._environment.get_config()

    # -- the operator behind it ----------------------------------------------------------------------------------------

    def name(self, name: str) -> "DataStream":
        self._set_name(name)
        return self

    def uid(self, uid: str) -> "DataStream":
        """The operator's identity across versions of the program: its state is found by it."""
        self._set_uid(uid)
        return self

    def set_uid_hash(self, uid_hash: str) -> "DataStream":
        """32 hex digits, used as the operator's id as they are."""
        self._set_uid_hash(uid_hash)
        return self

    def set_description(self, description: str) -> "DataStream":
        self._set_description(description)
        return self

    def set_parallelism(self, parallelism: int) -> "DataStream":
        self._set_parallelism(parallelism)
        return self

    def set_max_parallelism(self, max_parallelism: int) -> "DataStream":
        self._set_max_parallelism(max_parallelism)
        return self

    def force_non_parallel(self) -> "DataStream":
        """Parallelism 1, for good."""
        self._set_non_parallel()
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> "DataStream":
        """The longest time a record waits for others to leave with; -1: until a batch is full or input pauses."""
        self._set_buffer_timeout(timeout_millis)
        return self

    def start_new_chain(self) -> "DataStream":
        self._set_chaining("HEAD")
        return self

    def disable_chaining(self) -> "DataStream":
        self._set_chaining("NEVER")
        return self

    def slot_sharing_group(self, slot_sharing_group: "str | SlotSharingGroup") -> "DataStream":
        self._set_slot_sharing_group(slot_sharing_group)
        return self

    # -- operators -----------------------------------------------------------------------------------------------------

    def map(
        self, func: "Callable[[Any], Any] | MapFunction", output_type: TypeInformation | None = None
    ) -> "DataStream":
        check_function(func, MapFunction, "map")
        output = check_type(output_type)
        return self._then("Map", MapSpec(func, output_type=_declared(output)), output)

    def flat_map(
        self, func: "Callable[[Any], Any] | FlatMapFunction", output_type: TypeInformation | None = None
    ) -> "DataStream":
        """`func` returns an iterable or None, or is a generator."""
        check_function(func, FlatMapFunction, "flat_map")
        output = check_type(output_type)
        return self._then("FlatMap", FlatMapSpec(func, output_type=_declared(output)), output)

    def filter(self, func: "Callable[[Any], bool] | FilterFunction") -> "DataStream":
        check_function(func, FilterFunction, "filter")
        return self._then("Filter", FilterSpec(func, output_type=_declared(self._type)), self._type)

    def process(self, func: ProcessFunction, output_type: TypeInformation | None = None) -> "DataStream":
        if not isinstance(func, ProcessFunction):
            raise TypeError(f"a ProcessFunction is needed, not {func!r}")
        output = check_type(output_type)
        return self._then("PROCESS", ProcessSpec(func, output_type=_declared(output)), output)

    def project(self, *field_indexes: int) -> "DataStream":
        """Some fields of a stream of tuples."""
        if not isinstance(self._type, TupleTypeInfo):
            raise TypeError("Only Tuple DataStreams can be projected.")
        types = self._type.get_field_types()
        if not field_indexes or any(not 0 <= i < len(types) for i in field_indexes):
            raise ValueError(f"fields {field_indexes} are not fields of a tuple of {len(types)}")
        output = TupleTypeInfo([types[i] for i in field_indexes])
        return self._then("Projection", MapSpec(Projection(field_indexes), output_type=output), output)

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> "DataStream":
        spec = TimestampsAndWatermarksSpec(watermark_strategy, output_type=_declared(self._type))
        stream = self._then("Timestamps/Watermarks", spec, self._type)
        # with the parallelism of its input, so that watermarks are made where the order is still the source's
        stream._transformation.parallelism = max(i.source.parallelism for i in self._inputs)
        return stream

    def get_side_output(self, output_tag: OutputTag) -> "DataStream":
        """The records that a process function `yield`s with that tag."""
        wire = StreamInput(self._transformation, tag=output_tag.tag_id)
        return DataStream(self._environment, (wire,), output_tag.type_info)

    def union(self, *streams: "DataStream") -> "DataStream":
        """The records of all, in no order between the streams. TypeError where their types differ."""
        for stream in streams:
            if stream._type != self._type:
                raise TypeError(f"Cannot union streams of different types: {self._type!r} and {stream._type!r}")
        inputs = tuple(i for stream in (self, *streams) for i in stream._inputs)
        return DataStream(self._environment, inputs, self._type)

    @overload
    def connect(self, ds: "DataStream") -> "ConnectedStreams": ...

    @overload
    def connect(self, ds: "BroadcastStream") -> "BroadcastConnectedStream": ...

    def connect(self, ds: "DataStream | BroadcastStream") -> "ConnectedStreams | BroadcastConnectedStream":
        """Have one operator see both streams. TypeError for what is neither kind of stream."""
        if isinstance(ds, BroadcastStream):
            return BroadcastConnectedStream(self, ds, ds.broadcast_state_descriptors)
        if not isinstance(ds, DataStream):
            raise TypeError(f"a DataStream or a BroadcastStream is needed, not {ds!r}")
        return ConnectedStreams(self, ds)

    # -- partitioning --------------------------------------------------------------------------------------------------

    def key_by(
        self, key_selector: "Callable[[Any], Any] | KeySelector", key_type: TypeInformation | None = None
    ) -> "KeyedStream":
        check_function(key_selector, KeySelector, "get_key")
        return KeyedStream(self, key_selector, check_type(key_type))

    def window_all(self, window_assigner: "WindowAssigner[Any, Any]") -> "AllWindowedStream":
        """All records in windows, in one subtask."""
        return AllWindowedStream(self, window_assigner)

    def rebalance(self) -> "DataStream":
        """Round robin over all subtasks."""
        return self._partitioned("REBALANCE")

    def rescale(self) -> "DataStream":
        """Round robin over the few subtasks that a producer is joined with."""
        return self._partitioned("RESCALE")

    def shuffle(self) -> "DataStream":
        return self._partitioned("SHUFFLE")

    def forward(self) -> "DataStream":
        """To the subtask of the same number; the parallelism of both sides must be equal."""
        return self._partitioned("FORWARD")

    @overload
    def broadcast(self) -> "DataStream": ...

    @overload
    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> "BroadcastStream": ...

    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor | None = None,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> "DataStream | BroadcastStream":
        """Every record to every subtask; with descriptors a stream to `connect` with."""
        stream = self._partitioned("BROADCAST")
        if broadcast_state_descriptor is None:
            return stream
        descriptors = [broadcast_state_descriptor, *other_broadcast_state_descriptors]
        for descriptor in descriptors:
            if not isinstance(descriptor, MapStateDescriptor):
                raise TypeError(f"broadcast_state_descriptor must be MapStateDescriptor, not {descriptor!r}")
        return BroadcastStream(stream, descriptors)

    def partition_custom(
        self,
        partitioner: "Callable[[Any, int], int] | Partitioner",
        key_selector: "Callable[[Any], Any] | KeySelector",
    ) -> "DataStream":
        """`partitioner(key, number of partitions)` is the number of the subtask."""
        check_function(partitioner, Partitioner, "partition")
        check_function(key_selector, KeySelector, "get_key")
        return self._partitioned("CUSTOM", CustomPartitionerSpec(partitioner, key_selector))

    # -- sinks ---------------------------------------------------------------------------------------------------------

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Each record to the standard output of the process it is in."""
        return self._into("Print to Std. Out", PrintSpec(sink_identifier, input_type=_declared(self._type)))

    def add_sink(self, sink_func: SinkFunction) -> NoReturn:
        """JvmNotAvailableError: it takes a SinkFunction of the JVM."""
        no_jvm("add_sink(…), use sink_to(…) instead")

    def sink_to(self, sink: Sink) -> DataStreamSink:
        from penstock.datastream.connectors.base import SupportsPreprocessing

        transformer = sink.get_transformer() if isinstance(sink, SupportsPreprocessing) else None
        return (self if transformer is None else transformer.apply(self))._sink_to(sink)

    def _sink_to(self, sink: Sink) -> DataStreamSink:
        if not isinstance(sink, Sink):
            raise TypeError(f"a sink is needed, such as FileSink.for_row_format(…).build(), not {sink!r}")
        takes_type = getattr(sink, "with_input_type", None)
        typed = takes_type(self._type) if takes_type is not None else sink
        return self._into("Sink", SinkSpec(typed, input_type=_declared(self._type)))

    @overload
    def execute_and_collect(self, job_execution_name: str | None = None, limit: None = None) -> CloseableIterator: ...
    @overload
    def execute_and_collect(self, job_execution_name: str | None = None, *, limit: int) -> list[Any]: ...
    @overload
    def execute_and_collect(self, job_execution_name: str | None, limit: int) -> list[Any]: ...
    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Run the job and iterate over this stream's records; with `limit` a list of at most that many."""
        if limit is not None and limit < 1:
            raise ValueError(f"Limit must be greater than 0: {limit}")
        collect_id = uuid.uuid4().hex
        collected = self._collected()
        sink = collected._into(
            "Data stream collect sink", CollectSpec(collect_id, input_type=_declared(collected._type))
        )
        sink._set_non_parallel()
        client = self._environment._start(job_execution_name or "DataStream Execute and Collect")
        iterator = CloseableIterator(client, collect_id)
        if limit is None:
            return iterator
        with iterator:
            return [record for _, record in zip(range(limit), iterator, strict=False)]

    def cache(self) -> "CachedDataStream":
        """This stream, stored by the first job that computes it. Bounded streams in BATCH mode only."""
        return cached(self, self._environment)

    def _collected(self) -> "DataStream":
        """The stream whose records `execute_and_collect` gives."""
        return self

    # -- wiring --------------------------------------------------------------------------------------------------------

    def _then(self, name: str, spec: OperatorSpec, output_type: TypeInformation) -> "DataStream":
        transformation = self._environment._add(name, spec, self._inputs)
        return DataStream(self._environment, (StreamInput(transformation),), output_type, transformation)

    def _into(self, name: str, spec: OperatorSpec) -> DataStreamSink:
        return DataStreamSink(self._environment, self._environment._add(name, spec, self._inputs))

    def _partitioned(self, strategy: "PartitionStrategy", partitioner: PartitionerSpec | None = None) -> "DataStream":
        inputs = tuple(replace(i, strategy=strategy, partitioner=partitioner) for i in self._inputs)
        return DataStream(self._environment, inputs, self._type)

    def _keyed_inputs(self, key_selector: Any) -> tuple[StreamInput, ...]:
        partitioner = HashPartitionerSpec(key_selector)
        return tuple(replace(i, strategy="HASH", partitioner=partitioner) for i in self._inputs)


def _declared(type_info: TypeInformation) -> TypeInformation | None:
    """As specs have it: None for pickled objects."""
    return None if isinstance(type_info, PickledBytesTypeInfo) else type_info


# their base is above, or they need it; PyFlink's programs import them from here
from penstock.datastream.keyed_stream import KeyedStream  # noqa: E402, I001
from penstock.datastream.cached_data_stream import CachedDataStream, cached  # noqa: E402
from penstock.datastream.connected_streams import (  # noqa: E402
    BroadcastConnectedStream,
    BroadcastStream,
    ConnectedStreams,
)
from penstock.datastream.windowed_stream import AllWindowedStream, WindowedStream  # noqa: E402
