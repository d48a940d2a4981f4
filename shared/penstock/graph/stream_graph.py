"""The StreamGraph: a program's operators and wires, every default filled in. Source: Flink's `StreamGraphGenerator`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from penstock.graph.job_graph import PartitionStrategy
from penstock.graph.key_groups import default_max_parallelism
from penstock.graph.transformations import ChainingStrategy, PartitionerSpec, StreamInput, Transformation
from penstock.graph.watermark_check import warn_of_windows_without_watermarks
from penstock.operators.cache_spec import CacheSpec
from penstock.operators.specs import (
    AggregateSpec,
    CollectSpec,
    OperatorSpec,
    PrintSpec,
    ReduceSpec,
    SinkSpec,
    SourceSpec,
)
from penstock.operators.window_spec import WindowSpec

JobType = Literal["STREAMING", "BATCH"]
RuntimeMode = Literal["STREAMING", "BATCH", "AUTOMATIC"]
DEFAULT_SLOT_SHARING_GROUP = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings:
    """What holds. `max_parallelism` None: by each operator's parallelism. `buffer_timeout_ms` -1: never."""

    job_name: str
    runtime_mode: RuntimeMode = "STREAMING"
    max_parallelism: int | None = None
    buffer_timeout_ms: int = 100
    is_chaining_enabled: bool = True
    chains_different_max_parallelism: bool = True
    generates_uids: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEdge:
    """A wire between two operators, by their ids."""

    source: int
    target: int
    target_input: int
    strategy: PartitionStrategy
    partitioner: PartitionerSpec | None
    tag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamNode:
    """One operator."""

    id: int
    name: str
    spec: OperatorSpec
    inputs: tuple[StreamEdge, ...]
    parallelism: int
    max_parallelism: int
    slot_sharing_group: str
    chaining: ChainingStrategy
    uid: str | None
    uid_hash: str | None
    description: str | None
    buffer_timeout_ms: int
    is_parallel: bool = True

    @property
    def is_source(self) -> bool:
        return isinstance(self.spec, SourceSpec)

    @property
    def is_sink(self) -> bool:
        return isinstance(self.spec, (SinkSpec, PrintSpec, CollectSpec))


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamGraph:
    """Nodes in the order of their ids, which is a topological one."""

    settings: GraphSettings
    job_type: JobType
    nodes: dict[int, StreamNode]

    def outputs(self, node_id: int) -> list[StreamEdge]:
        """The edges that leave a node, in the order of their targets."""
        return [e for node in self.nodes.values() for e in node.inputs if e.source == node_id]


def build_stream_graph(transformations: Iterable[Transformation], settings: GraphSettings) -> StreamGraph:
    """The graph of these transformations and all they read from.

    ValueError, naming the operator, for FORWARD between different parallelisms, a parallelism above the maximum, BATCH
    over an unbounded source.
    """
    found = _reachable(transformations)
    job_type = _job_type(found, settings)
    nodes: dict[int, StreamNode] = {}
    for t in found:
        spec = t.spec
        if job_type == "STREAMING" and isinstance(spec, CacheSpec):
            raise ValueError(
                "cache() is for bounded streams in BATCH mode: env.set_runtime_mode(RuntimeExecutionMode.BATCH). "
                "Producing a cached intermediate result is not supported in STREAMING mode."
            )
        if job_type == "BATCH" and isinstance(spec, (ReduceSpec, AggregateSpec)):
            spec = replace(spec, final_only=True)
        elif job_type == "BATCH" and isinstance(spec, WindowSpec):
            spec = replace(spec, is_batch=True)
        nodes[t.id] = StreamNode(
            id=t.id,
            name=_display_name(t),
            spec=spec,
            inputs=tuple(_edge(t, i) for i in t.inputs),
            parallelism=t.parallelism,
            max_parallelism=_max_parallelism(t, settings),
            slot_sharing_group=t.slot_sharing_group or _inherited_group(t, nodes),
            chaining=t.chaining,
            uid=t.uid,
            uid_hash=t.uid_hash,
            description=t.description,
            buffer_timeout_ms=settings.buffer_timeout_ms if t.buffer_timeout_ms is None else t.buffer_timeout_ms,
            is_parallel=t.is_parallel,
        )
    graph = StreamGraph(settings=settings, job_type=job_type, nodes=nodes)
    warn_of_windows_without_watermarks(graph)
    return graph


def _display_name(t: Transformation) -> str:
    match t.spec:
        case SourceSpec():
            return f"Source: {t.name}"
        case SinkSpec():
            return f"{t.name}: Writer"
        case PrintSpec() | CollectSpec():
            return f"Sink: {t.name}"
    return t.name


def _reachable(transformations: Iterable[Transformation]) -> list[Transformation]:
    found: dict[int, Transformation] = {}
    pending = list(transformations)
    while pending:
        t = pending.pop()
        if t.id not in found:
            found[t.id] = t
            pending.extend(i.source for i in t.inputs)
    return [found[n] for n in sorted(found)]


def _job_type(transformations: list[Transformation], settings: GraphSettings) -> JobType:
    unbounded = [t for t in transformations if isinstance(t.spec, SourceSpec) and not t.spec.source.bounded]
    if settings.runtime_mode == "AUTOMATIC":
        return "STREAMING" if unbounded else "BATCH"
    if settings.runtime_mode == "BATCH" and unbounded:
        raise ValueError(
            f"Detected an UNBOUNDED source with execution.runtime-mode set to BATCH: {unbounded[0].name!r}. "
            "Set it to STREAMING or AUTOMATIC, or use a bounded source."
        )
    return settings.runtime_mode


def _edge(target: Transformation, wire: StreamInput) -> StreamEdge:
    source, strategy = wire.source, wire.strategy
    same = source.parallelism == target.parallelism
    if strategy is None:
        strategy = "FORWARD" if same else "REBALANCE"
    elif strategy == "FORWARD" and not same:
        raise ValueError(
            f"Forward partitioning does not allow change of parallelism. Upstream operation: {source.name!r} "
            f"parallelism: {source.parallelism}, downstream operation: {target.name!r} parallelism: "
            f"{target.parallelism}. Use another partitioning, such as broadcast, rebalance, shuffle or rescale."
        )
    return StreamEdge(
        source=source.id,
        target=target.id,
        target_input=wire.target_input,
        strategy=strategy,
        partitioner=wire.partitioner,
        tag=wire.tag,
    )


def _max_parallelism(t: Transformation, settings: GraphSettings) -> int:
    wanted = t.max_parallelism or settings.max_parallelism or default_max_parallelism(t.parallelism)
    if t.parallelism < 1:
        raise ValueError(f"operator {t.name!r}: parallelism is {t.parallelism}; it has to be at least 1")
    if t.parallelism > wanted:
        raise ValueError(f"operator {t.name!r}: parallelism {t.parallelism} is above its maximum {wanted}")
    return wanted


def _inherited_group(t: Transformation, nodes: dict[int, StreamNode]) -> str:
    groups = {nodes[i.source.id].slot_sharing_group for i in t.inputs}
    return groups.pop() if len(groups) == 1 else DEFAULT_SLOT_SHARING_GROUP
