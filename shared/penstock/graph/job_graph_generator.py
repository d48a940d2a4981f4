"""StreamGraph -> JobGraph: operators become chains, functions blobs. Source: Flink's `StreamingJobGraphGenerator`."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.graph.batch_inputs import input_orders
from penstock.graph.chaining import Chain, chain_name, chains
from penstock.graph.compiled import CompiledJob
from penstock.graph.function_pickling import pickle_function
from penstock.graph.job_graph import ChainedOutput, JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.operator_ids import operator_ids
from penstock.graph.plan import execution_plan
from penstock.graph.stream_graph import StreamEdge, StreamGraph, StreamNode
from penstock.operators.determinism import of_operator, of_partitioner


def compile_job(
    graph: StreamGraph, *, job_id: str, configuration: Mapping[str, str], requirements: Sequence[str] = ()
) -> CompiledJob:
    """The job as it travels. UnpicklableFunctionError for a function that cannot; ValueError for ids that clash."""
    return _Generator(graph).compile(job_id, configuration, requirements)


class _Generator:
    def __init__(self, graph: StreamGraph) -> None:
        self._graph = graph
        self._ids = operator_ids(graph)
        self._chains = chains(graph)
        self._chain_of = {node: chain for chain in self._chains for node in chain.nodes}
        self._blobs: dict[str, bytes] = {}
        # a key selector that feeds several operators is one object: pickle it once
        self._digests: dict[int, str] = {}

    def compile(self, job_id: str, configuration: Mapping[str, str], requirements: Sequence[str]) -> CompiledJob:
        job_graph = JobGraph(
            job_id=job_id,
            name=self._graph.settings.job_name,
            vertices=tuple(self._vertex(chain) for chain in self._chains),
            edges=tuple(self._edge(e) for chain in self._chains for e in self._leaving(chain)),
            job_type=self._graph.job_type,
            configuration=dict(configuration),
            python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
            requirements=tuple(requirements),
            plan=execution_plan(self._graph),
        )
        return CompiledJob(job_graph, self._blobs)

    def _vertex(self, chain: Chain) -> JobVertex:
        head = self._graph.nodes[chain.nodes[0]]
        return JobVertex(
            id=self._ids[head.id],
            name=chain_name(self._graph, chain),
            operators=tuple(self._operator(self._graph.nodes[n], chain) for n in chain.nodes),
            parallelism=head.parallelism,
            max_parallelism=head.max_parallelism,
            slot_sharing_group=head.slot_sharing_group,
            is_parallel=all(self._graph.nodes[n].is_parallel for n in chain.nodes),
            input_orders=input_orders(head.spec) if self._graph.job_type == "BATCH" else (),
        )

    def _operator(self, node: StreamNode, chain: Chain) -> OperatorNode:
        outputs = [e for e in chain.inner if e.source == node.id]
        determinism = of_operator(node.spec)
        return OperatorNode(
            id=self._ids[node.id],
            name=node.name,
            spec=self._blob(node.name, node.spec),
            uid=node.uid,
            description=node.description,
            outputs=tuple(ChainedOutput(target=chain.nodes.index(e.target), tag=e.tag) for e in outputs),
            deterministic=not determinism.why_not,
            why_not=determinism.why_not,
            undeclared=determinism.undeclared,
        )

    def _leaving(self, chain: Chain) -> list[StreamEdge]:
        return [e for n in chain.nodes for e in self._graph.outputs(n) if e not in chain.inner]

    def _edge(self, edge: StreamEdge) -> JobEdge:
        source = self._graph.nodes[edge.source]
        chain = self._chain_of[source.id]
        partitioner = edge.partitioner and self._blob(
            f"{edge.strategy} partitioning of {source.name}", edge.partitioner
        )
        determinism = of_partitioner(edge.partitioner)
        return JobEdge(
            source=self._ids[chain.nodes[0]],
            source_operator=chain.nodes.index(source.id),
            target=self._ids[edge.target],
            target_input=edge.target_input,
            strategy=edge.strategy,
            partitioner=partitioner or None,
            tag=edge.tag,
            buffer_timeout_ms=source.buffer_timeout_ms,
            why_not=determinism.why_not,
            undeclared=determinism.undeclared,
        )

    def _blob(self, operator: str, spec: Any) -> str:
        if id(spec) not in self._digests:
            data = pickle_function(operator, spec)
            digest = hashlib.sha256(data).hexdigest()
            self._blobs[digest] = data
            self._digests[id(spec)] = digest
        return self._digests[id(spec)]
