"""Jobs built by hand, as the translation would build them, and sources and sinks that need no connector."""

import hashlib
from collections.abc import Sequence
from typing import Any

import cloudpickle

from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph import ChainedOutput, JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.operators.specs import CollectSpec, HashPartitionerSpec, OperatorSpec, ReaderContext, SourceSpec


class ListReader:
    def __init__(self) -> None:
        self._values: list[Any] = []

    def add_splits(self, splits: Sequence[Any]) -> None:
        for split in splits:
            self._values.extend(split)

    def poll(self, max_records: int) -> list[Any] | None:
        if not self._values:
            return None
        taken, self._values = self._values[:max_records], self._values[max_records:]
        return taken

    def snapshot(self) -> list[Any]:
        return [self._values]

    def close(self) -> None:
        pass


class ListSource:
    """Value i goes to subtask i % parallelism."""

    bounded = True

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = list(values)

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return [self._values[n::parallelism] for n in range(parallelism)]

    def create_reader(self, context: ReaderContext) -> ListReader:
        return ListReader()


class JobBuilder:
    """Vertices and edges, in topological order."""

    def __init__(self, job_type: Any = "STREAMING", configuration: dict[str, str] | None = None) -> None:
        self._vertices: list[JobVertex] = []
        self._edges: list[JobEdge] = []
        self._blobs: dict[str, bytes] = {}
        self._job_type, self._configuration = job_type, configuration or {}

    def _put(self, value: Any) -> str:
        data = cloudpickle.dumps(value)
        digest = hashlib.sha256(data).hexdigest()
        self._blobs[digest] = data
        return digest

    def vertex(
        self,
        *specs: OperatorSpec,
        parallelism: int = 1,
        max_parallelism: int = 128,
        outputs: dict[int, list[tuple[int, str | None]]] | None = None,
    ) -> str:
        """A chain; without `outputs` each operator feeds the next one."""
        number = len(self._vertices)
        if outputs is None:
            outputs = {i: [(i + 1, None)] for i in range(len(specs) - 1)}
        nodes = tuple(
            OperatorNode(
                id=f"{number:016x}{i:016x}",
                name=type(spec).__name__.removesuffix("Spec"),
                spec=self._put(spec),
                outputs=tuple(ChainedOutput(target=t, tag=tag) for t, tag in outputs.get(i, [])),
            )
            for i, spec in enumerate(specs)
        )
        name = " -> ".join(n.name for n in nodes)
        self._vertices.append(
            JobVertex(
                id=nodes[0].id, name=name, operators=nodes, parallelism=parallelism, max_parallelism=max_parallelism
            )
        )
        return nodes[0].id

    def edge(
        self,
        source: str,
        target: str,
        strategy: Any = "FORWARD",
        *,
        partitioner: Any = None,
        operator: int | None = None,
        tag: str | None = None,
    ) -> None:
        vertex = next(v for v in self._vertices if v.id == source)
        self._edges.append(
            JobEdge(
                source=source,
                source_operator=len(vertex.operators) - 1 if operator is None else operator,
                target=target,
                strategy=strategy,
                partitioner=None if partitioner is None else self._put(partitioner),
                tag=tag,
            )
        )

    def key_by(self, source: str, target: str, selector: Any, **more: Any) -> None:
        self.edge(source, target, "HASH", partitioner=HashPartitionerSpec(selector), **more)

    def build(self) -> CompiledJob:
        graph = JobGraph(
            job_id="0" * 31 + "1",
            name="test",
            vertices=tuple(self._vertices),
            edges=tuple(self._edges),
            job_type=self._job_type,
            configuration=self._configuration,
        )
        return CompiledJob(graph, self._blobs)


def source_of(values: Sequence[Any], strategy: Any = None) -> SourceSpec:
    return SourceSpec(ListSource(values), strategy)


def collect_of(*chain: OperatorSpec, values: Sequence[Any], strategy: Any = None) -> CompiledJob:
    """One vertex: a source, this chain, and collect."""
    job = JobBuilder()
    job.vertex(source_of(values, strategy), *chain, CollectSpec("c"))
    return job.build()
