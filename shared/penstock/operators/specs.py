"""Operator specs: what the API builds and the job carries (cloudpickled), one frozen value per operator.

A spec holds the user's functions and nothing of the runtime; `penstock.operators.registry.build` makes the running
operator of it inside a slot. The classes are the contract between the API packages and the runtime.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from penstock.operators.sink_interface import Sink as Sink
from penstock.operators.sink_interface import SinkWriter as SinkWriter
from penstock.operators.sink_interface import WriterContext as WriterContext
from penstock.operators.source_interface import ReaderContext as ReaderContext
from penstock.operators.source_interface import Source as Source
from penstock.operators.source_interface import SourceReader as SourceReader


@dataclass(frozen=True, slots=True)
class OperatorSpec:
    """Base of all. `output_type` is a `TypeInformation` or None for pickled objects."""

    output_type: Any = field(default=None, kw_only=True)


# -- sources ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceSpec(OperatorSpec):
    """`env.from_source` and `env.from_collection`."""

    source: Source
    watermark_strategy: Any = None


# -- one input, not keyed --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MapSpec(OperatorSpec):
    """`func`: a callable or a `MapFunction`."""

    func: Any


@dataclass(frozen=True, slots=True)
class FlatMapSpec(OperatorSpec):
    """`func`: a callable that returns an iterable or None, or a `FlatMapFunction`."""

    func: Any


@dataclass(frozen=True, slots=True)
class FilterSpec(OperatorSpec):
    """`func`: a callable or a `FilterFunction`."""

    func: Any


@dataclass(frozen=True, slots=True)
class ProcessSpec(OperatorSpec):
    """`func`: a `ProcessFunction`. May yield `(OutputTag, value)` for side outputs."""

    func: Any


@dataclass(frozen=True, slots=True)
class TimestampsAndWatermarksSpec(OperatorSpec):
    """`strategy`: a `WatermarkStrategy`."""

    strategy: Any


# -- keyed: the head of a chain behind a HASH edge; the keys travel with the batch -----------------------------------


@dataclass(frozen=True, slots=True)
class ReduceSpec(OperatorSpec):
    """`func`: a callable of two values or a `ReduceFunction`. `final_only` (batch mode): emit at the end of input."""

    func: Any
    final_only: bool = False


@dataclass(frozen=True, slots=True)
class AggregateSpec(OperatorSpec):
    """Rolling `sum`, `min`, `max`, `min_by`, `max_by` of a position or field name, as `KeyedStream` has them."""

    kind: Literal["sum", "min", "max", "min_by", "max_by"]
    position: int | str = 0
    final_only: bool = False


@dataclass(frozen=True, slots=True)
class KeyedProcessSpec(OperatorSpec):
    """`func`: a `KeyedProcessFunction`."""

    func: Any


@dataclass(frozen=True, slots=True)
class KeyedMapSpec(OperatorSpec):
    """map, flat_map or filter on a keyed stream: as `MapSpec` and so on, a rich function has the key's state."""

    kind: Literal["map", "flat_map", "filter"]
    func: Any


# -- two inputs: heads of chains; with `is_keyed` behind two HASH edges --------------------------------------------


@dataclass(frozen=True, slots=True)
class CoProcessSpec(OperatorSpec):
    """`func`: a `CoMapFunction`, `CoFlatMapFunction`, `CoProcessFunction` or `KeyedCoProcessFunction`."""

    kind: Literal["map", "flat_map", "process"]
    func: Any
    is_keyed: bool


@dataclass(frozen=True, slots=True)
class BroadcastProcessSpec(OperatorSpec):
    """`func`: a `BroadcastProcessFunction`, or a `KeyedBroadcastProcessFunction` with the first input keyed.

    `descriptors`: the `MapStateDescriptor`s of the broadcast state.
    """

    func: Any
    descriptors: tuple[Any, ...]
    is_keyed: bool


# -- asynchronous ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AsyncWaitSpec(OperatorSpec):
    """`func`: an `AsyncFunction`. `timeout` in ms, none where it is not positive; `strategy`: `AsyncRetryStrategy`."""

    func: Any
    timeout: int
    capacity: int
    strategy: Any
    is_ordered: bool


# -- sinks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SinkSpec(OperatorSpec):
    """`sink_to`. Records arrive as the stream's type says."""

    sink: Sink
    input_type: Any = None


@dataclass(frozen=True, slots=True)
class PrintSpec(OperatorSpec):
    """`print`: `identifier:subtask> value`, as Flink's PrintSinkFunction writes it."""

    identifier: str | None = None
    input_type: Any = None


@dataclass(frozen=True, slots=True)
class CollectSpec(OperatorSpec):
    """`execute_and_collect`: parallelism 1; the records go back to the client in order, as pickled batches."""

    collect_id: str
    input_type: Any = None


# -- partitioners ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HashPartitionerSpec:
    """`key_selector`: a callable or a `KeySelector`. Called once a record, by the producer; the key travels with it."""

    key_selector: Any


@dataclass(frozen=True, slots=True)
class CustomPartitionerSpec:
    """`partitioner(key, number of partitions) -> index`; both a callable or a `Partitioner` / `KeySelector`."""

    partitioner: Any
    key_selector: Any
