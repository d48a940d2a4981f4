"""Operator specs: what the API builds and the job carries (cloudpickled), one frozen value per operator.

A spec holds the user's functions and nothing of the runtime; `penstock.operators.registry.build` makes the running
operator of it inside a slot. The classes are the contract between the API packages and the runtime.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class OperatorSpec:
    """Base of all. `output_type` is a `TypeInformation` or None for pickled objects."""

    output_type: Any = field(default=None, kw_only=True)


# -- sources ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """Which subtask a reader reads for. `wake`: to be called, from any thread, when `poll` has something again."""

    subtask: int
    parallelism: int
    job_id: str = ""
    wake: Callable[[], None] = lambda: None


class SourceReader(Protocol):
    """Reads the splits of one subtask. Lives in one thread; not shared.

    `notify_complete(checkpoint)`, where a reader has it, is called once a checkpoint with its snapshot exists for good.
    """

    def add_splits(self, splits: Sequence[Any]) -> None:
        """Take these picklable splits as well."""

    def poll(self, max_records: int) -> list[Any] | None:
        """At most about `max_records` records; [] where there is nothing just now; None at the end of all splits."""

    def snapshot(self) -> list[Any]:
        """The splits still to read, with their positions: what `add_splits` takes after a restore."""

    def close(self) -> None: ...


@runtime_checkable
class Source(Protocol):
    """A source in the shape of Flink's FLIP-27, reduced to what the runtime calls."""

    bounded: bool

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        """All splits, picklable, in a stable order. Run once a job in a slot, never in a service; split i goes to
        subtask i % parallelism."""

    def create_reader(self, context: ReaderContext) -> SourceReader: ...


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
class WriterContext:
    """Which subtask a writer writes for.

    `restored`: what the `snapshot` of former writers gave, as far as it is this subtask's; empty for a new job.
    `committed`: committables that the restored checkpoint lists and that have just been committed: not to be aborted.
    `checkpointing`: whether commits come with checkpoints; else with the end of input alone.
    `is_restored`: the job goes on from a checkpoint, also where none of its state is this subtask's.
    """

    subtask: int
    attempt: int = 0
    parallelism: int = 1
    job_id: str = ""
    operator_id: str = ""
    restored: Sequence[Any] = ()
    committed: Sequence[Any] = ()
    checkpointing: bool = False
    is_restored: bool = False


class SinkWriter(Protocol):
    """Writes the records of one subtask.

    At a barrier: `flush`, `prepare_commit`, then `snapshot` where the writer has one: a list of picklable state that
    later writers of the operator get in their contexts. What `prepare_commit` gave is committed once that checkpoint is
    complete. `end_input()`, where a writer has it, is called once no record will come any more, before the last
    barrier.
    """

    def write(self, values: Sequence[Any]) -> None: ...

    def flush(self) -> None:
        """Make what was written durable as far as the sink's in-progress form goes."""

    def prepare_commit(self) -> list[Any]:
        """Close what is open; the picklable committables of all that was written since the last call."""

    def close(self) -> None: ...


@runtime_checkable
class Sink(Protocol):
    """A sink with an optional two-phase commit, in the shape of Flink's Sink V2."""

    def create_writer(self, context: WriterContext) -> SinkWriter: ...

    def commit(self, committables: Sequence[Any]) -> None:
        """Publish. Idempotent: a committable may come again after a crash."""


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
