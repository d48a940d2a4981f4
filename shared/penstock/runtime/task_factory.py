"""Makes a subtask out of what travels: the JobGraph and the pickled specs."""

import pickle
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

import cloudpickle

from penstock.checkpoint.errors import CheckpointUnusable
from penstock.client.config import Configuration
from penstock.client.config.options import metrics as metric_options
from penstock.client.config.options import state
from penstock.client.config.options.cluster import STORAGE_DIR, TASK_SLOTS
from penstock.client.config.options.execution import AUTO_WATERMARK_INTERVAL, GLOBAL_JOB_PARAMETERS, SORTED_IN_MEMORY
from penstock.exchange.input_gate import InputGate
from penstock.exchange.output_writer import OutputWriter
from penstock.graph.job_graph import JobGraph, JobVertex, OperatorNode
from penstock.operators.cached_result import cache_root
from penstock.operators.chain import Consumer, OperatorChain
from penstock.operators.operator import Operator
from penstock.operators.output_type import output_type
from penstock.operators.partitioning import build_edge
from penstock.operators.registry import SubtaskInfo, build
from penstock.operators.sinks import Collector
from penstock.operators.sources import SourceOperator
from penstock.operators.specs import SourceSpec
from penstock.runtime.batch.ordered_gate import OrderedGate
from penstock.runtime.channel_times import restored_times
from penstock.runtime.in_flight_restore import restored_input, restored_output
from penstock.runtime.latency import LatencySettings, TaskLatency
from penstock.runtime.metrics import MetricRegistry
from penstock.runtime.restore import Restore, Restored, RestoreFailed
from penstock.runtime.runtime_context import SubtaskRuntimeContext
from penstock.runtime.task import Built, Task
from penstock.runtime.task_checkpoints import Answer, TaskCheckpoints
from penstock.runtime.task_local import TaskLocal
from penstock.runtime.uploads import UploadPool
from penstock.state.backend import KeyedStateBackend
from penstock.state.selection import StateBackendChoice


class FunctionNotLoadable(Exception):  # noqa: N818 (a state of the world, as Flink's)
    """A pickled operator cannot be unpickled here; names the operator."""


@dataclass(frozen=True, slots=True)
class Checkpointing:
    """How the tasks of a process take part in checkpoints. `is_on`: they are taken regularly, so that commits and the
    end of tasks wait for them; else only when somebody asks for one. `report` is called in other threads too."""

    pool: UploadPool
    report: Callable[[Answer], None]
    is_on: bool
    restore: Restore | None = None
    local: TaskLocal | None = None  #: of task-local failover; None: everything restarts together


class TaskFactory:
    """Makes the tasks of one job in one process.

    `blob`: sha256 -> content. `splits(vertex, make)`: the pickled splits of a source, made once a job. `collector`:
    collect id and attempt -> where the records of `execute_and_collect` go. `cluster`: what holds where the job sets
    nothing. `checkpointing`: None where there are no checkpoints at all.
    """

    def __init__(
        self,
        graph: JobGraph,
        blob: Callable[[str], bytes],
        splits: Callable[[str, Callable[[], bytes]], bytes],
        collector: Callable[[str, int], Collector],
        cluster: Configuration | None = None,
        checkpointing: Checkpointing | None = None,
    ) -> None:
        self._checkpointing = checkpointing
        self._configuration = (cluster or Configuration({})).with_overrides(graph.configuration)
        self._graph, self._blob, self._splits, self._collector = graph, blob, splits, collector

    def make(
        self, vertex_id: str, subtask: int, attempt: int, gate: InputGate, writers: Mapping[int, OutputWriter]
    ) -> Task:
        """A task in state CREATED. Unpickling and opening wait for `start`: their errors are the task's."""
        vertex = self._graph.vertex(vertex_id)
        info = self._info(vertex, subtask, attempt)
        metrics = MetricRegistry()

        how = self._checkpointing
        checkpoints: TaskCheckpoints | None = None
        if how is not None:
            checkpoints = TaskCheckpoints(self._graph, vertex_id, info, gate, writers, how.pool, how.report, how.local)

        def build_chain() -> Built:
            built = build_restored()
            for writer in writers.values():
                writer.announce()
            return built

        def build_restored() -> Built:
            restore = None if how is None else how.restore
            if restore is None:
                return self._build(vertex, info, gate, writers, metrics, None)
            try:
                restored = restore.subtask(vertex_id, subtask)
                if checkpoints is not None:
                    checkpoints.restored(restored.base)
                return self._build(vertex, info, gate, writers, metrics, restored)
            except CheckpointUnusable as e:
                raise RestoreFailed(restore.checkpoint, e) from e

        if vertex.input_orders:
            gate = cast(InputGate, OrderedGate(gate, vertex.input_orders, self._configuration.get(SORTED_IN_MEMORY)))
        waits, settings = info.checkpointing, _latency(self._configuration, self._graph)
        latency = None
        if settings is not None:
            latency = TaskLatency(settings, [operator.id for operator in vertex.operators], subtask)
        return Task(vertex_id, info, build_chain, gate, list(writers.values()), metrics, checkpoints, waits, latency)

    def _info(self, vertex: JobVertex, subtask: int, attempt: int) -> SubtaskInfo:
        return SubtaskInfo(
            job_id=self._graph.job_id,
            job_name=self._graph.name,
            task_name=vertex.name,
            subtask=subtask,
            parallelism=vertex.parallelism,
            max_parallelism=vertex.max_parallelism,
            attempt=attempt,
            watermark_interval=_watermark_interval(self._graph),
            parameters=Configuration(self._graph.configuration).find(GLOBAL_JOB_PARAMETERS) or {},
            one_key_at_a_time="BY_KEY" in vertex.input_orders,
            cache_root=cache_root(self._configuration.find(STORAGE_DIR)),
            state_backend=_state_backend(self._configuration),
            checkpointing=self._checkpointing is not None and self._checkpointing.is_on,
        )

    def _build(
        self,
        vertex: JobVertex,
        info: SubtaskInfo,
        gate: InputGate,
        writers: Mapping[int, OutputWriter],
        metrics: MetricRegistry,
        restored: Restored | None,
    ) -> Built:
        with ExitStack() as undo:
            backends: dict[int, KeyedStateBackend | None] = {}
            chain = self._assemble(vertex, info, writers, backends, undo)
            undo.callback(chain.close)

            def context_of(operator: Operator | None) -> SubtaskRuntimeContext:
                if operator is None:
                    return SubtaskRuntimeContext(info, None, metrics.group(vertex.name))
                return SubtaskRuntimeContext(info, backends[operator.index], metrics.group(operator.name))

            if restored is not None:
                chain.restore(restored.by_place(vertex))
            if restored is None or not restored.finished:
                chain.open(context_of)
            if isinstance(chain.operators[0], SourceOperator) and not (restored is not None and restored.is_over):
                self._start_source(vertex, info, chain.operators[0])
            built = Built(chain)
            if restored is not None:
                built = self._restored(vertex, info, chain, gate, writers, restored)
            # from here on the backends are the chain's to close
            undo.pop_all()
            chain.on_close += [backend.close for backend in backends.values() if backend is not None]
            return built

    def _restored(
        self,
        vertex: JobVertex,
        info: SubtaskInfo,
        chain: OperatorChain,
        gate: InputGate,
        writers: Mapping[int, OutputWriter],
        restored: Restored,
    ) -> Built:
        times = restored_times(self._graph, list(gate.channels), restored.channels)
        local = None if self._checkpointing is None else self._checkpointing.local
        if local is not None and local.resume(restored.channels, gate, writers, chain):
            return Built(chain, True, restored.is_over, times)
        gate.replay(restored_input(self._graph, vertex.id, info.subtask, restored.channels))
        parked = restored_output(self._graph, vertex.id, info.subtask, restored.channels)

        def send_again() -> None:
            for number, element in parked:
                writers[number].send_again(element)

        return Built(chain, True, restored.is_over, times, send_again)

    def _assemble(
        self,
        vertex: JobVertex,
        info: SubtaskInfo,
        writers: Mapping[int, OutputWriter],
        backends: dict[int, KeyedStateBackend | None],
        undo: ExitStack,
    ) -> OperatorChain:
        operators: list[Operator] = []
        declared: list[Any] = []
        for index, node in enumerate(vertex.operators):
            spec = self._load(node.spec, f"operator {node.name!r}")
            operator, backend = build(spec, index, node.name, info, self._collector, node.id)
            backends[index] = backend
            if backend is not None:
                undo.callback(backend.close)
            operators.append(operator)
            # what a source reads is as its format makes it; `from_collection` has converted its elements
            declared.append(None if isinstance(spec, SourceSpec) else spec.output_type)
        outputs: dict[tuple[int, str | None], list[Consumer]] = {}
        for index, node in enumerate(vertex.operators):
            for output in node.outputs:
                outputs.setdefault((index, output.tag), []).append(operators[output.target])
                of_results = output_type(node.name, declared[index]) if output.tag is None else None
                if of_results is not None:
                    operators[output.target].takes(of_results)
        for number, edge in self._graph.outputs(vertex.id):
            target = self._graph.vertex(edge.target)
            name = f"edge {edge.strategy} {node_name(vertex.operators, edge.source_operator)!r} -> {target.name!r}"
            partitioner = self._load(edge.partitioner, name) if edge.partitioner else None
            running = build_edge(number, edge, name, writers[number], info.subtask, partitioner, target.max_parallelism)
            if edge.tag is None:
                source = edge.source_operator
                running.output_type = output_type(vertex.operators[source].name, declared[source])
            outputs.setdefault((edge.source_operator, edge.tag), []).append(running)
        return OperatorChain(f"{vertex.name} ({info.subtask + 1}/{info.parallelism})", operators, outputs)

    def _start_source(self, vertex: JobVertex, info: SubtaskInfo, source: SourceOperator) -> None:
        def enumerate_splits() -> bytes:
            pickled: bytes = cloudpickle.dumps(source.source.enumerate_splits(info.parallelism), protocol=5)
            return pickled

        def all_splits() -> list[Any]:
            splits: list[Any] = pickle.loads(self._splits(vertex.id, enumerate_splits))
            return splits

        source.start(all_splits, info.subtask, info.parallelism)

    def _load(self, digest: str, what: str) -> Any:
        try:
            return cloudpickle.loads(self._blob(digest))
        except Exception as e:
            raise FunctionNotLoadable(f"{what} cannot be unpickled: {type(e).__name__}: {e}") from e


def node_name(operators: tuple[OperatorNode, ...], index: int) -> str:
    """The name of the operator at this place of the chain."""
    return operators[index].name


def _state_backend(configuration: Configuration) -> StateBackendChoice:
    return StateBackendChoice(
        configuration.get(state.STATE_BACKEND).word,
        configuration.find(state.ROCKSDB_LOCAL_DIR),
        configuration.get(state.ROCKSDB_PREDEFINED_OPTIONS).name,
        _managed_memory(configuration),
    )


def _managed_memory(configuration: Configuration) -> int | None:
    """Of one slot, bytes; None where RocksDB does not keep to it."""
    if not configuration.get(state.ROCKSDB_MANAGED):
        return None
    return configuration.get(state.MANAGED_MEMORY) // configuration.get(TASK_SLOTS)


def _latency(configuration: Configuration, graph: JobGraph) -> LatencySettings | None:
    """None where there are to be no latency markers: in batch mode they would measure when an input ends."""
    interval = configuration.get(metric_options.LATENCY_INTERVAL).total_seconds()
    if interval <= 0 or graph.job_type == "BATCH":
        return None
    return LatencySettings(
        interval,
        configuration.get(metric_options.LATENCY_GRANULARITY),
        configuration.get(metric_options.LATENCY_HISTORY),
    )


def _watermark_interval(graph: JobGraph) -> int:
    """In ms; 0 in batch mode, where event time only ends."""
    if graph.job_type == "BATCH":
        return 0
    return int(Configuration(graph.configuration).get(AUTO_WATERMARK_INTERVAL).total_seconds() * 1000)
