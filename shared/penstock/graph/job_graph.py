"""The JobGraph: what a client submits. Chains of operators (vertices) joined by edges, as plain data.

Source: Flink's `JobGraph`, `JobVertex`, `JobEdge`. Functions are not in the graph: an operator names the sha256 of its
pickled spec (see `penstock.operators.specs`), which is stored beside the graph.
"""

from typing import Literal

import msgspec

from penstock.graph.input_order import InputOrder

PartitionStrategy = Literal["FORWARD", "REBALANCE", "RESCALE", "SHUFFLE", "HASH", "BROADCAST", "GLOBAL", "CUSTOM"]
#: strategies that join a producer with only some of the consumers (Flink: DistributionPattern.POINTWISE)
POINTWISE: frozenset[str] = frozenset({"FORWARD", "RESCALE"})


class ChainedOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A record handed to another operator of the same chain by a function call."""

    target: int  #: index of the operator in the vertex
    tag: str | None = None  #: side output id, None for the main output


class OperatorNode(msgspec.Struct, frozen=True, kw_only=True):
    """One operator of a chain. `spec` is the sha256 (hex) of its cloudpickled `OperatorSpec`."""

    id: str  #: 32 hex digits, from `uid` where the user gave one
    name: str
    spec: str
    uid: str | None = None
    description: str | None = None
    outputs: tuple[ChainedOutput, ...] = ()  #: within the chain; edges leave by `JobEdge.source_operator`
    deterministic: bool = False  #: a replay of its input repeats its output, if `undeclared` functions are so too
    why_not: str = ""  #: where it is not
    undeclared: tuple[str, ...] = ()  #: names of the user's functions that say nothing about it


class JobVertex(msgspec.Struct, frozen=True, kw_only=True):
    """A chain of operators that runs as one task in each of `parallelism` subtasks; operators[0] is its head."""

    id: str  #: 32 hex digits: the id of the head operator
    name: str  #: "Source: lines -> Flat Map", as Flink joins the names of a chain
    operators: tuple[OperatorNode, ...]
    parallelism: int
    max_parallelism: int
    slot_sharing_group: str = "default"
    is_parallel: bool = True  #: False: its parallelism is 1 for good, as of a collection's source
    input_orders: tuple[InputOrder, ...] = ()  #: of a batch job, one an input; empty: as they come
    is_rescaled: bool = True  #: False: it has a parallelism apart from the job's, which rescaling left alone before


class JobEdge(msgspec.Struct, frozen=True, kw_only=True):
    """A wire between two vertices. Its position in `JobGraph.edges` is its number in channel ids."""

    source: str  #: vertex id
    source_operator: int  #: index of the producing operator in the source vertex
    target: str  #: vertex id; the consumer is always the head of its chain
    target_input: int = 0  #: 0, or 1 for the second input of a two-input operator
    strategy: PartitionStrategy = "FORWARD"
    partitioner: str | None = (
        None  #: sha256 of the cloudpickled `PartitionerSpec` (HASH: key selector; CUSTOM: both functions)
    )
    tag: str | None = None  #: side output id, None for the main output
    buffer_timeout_ms: int = 100  #: -1: flush only full batches and when idle
    why_not: str = ""  #: of its partitioner, as of an operator
    undeclared: tuple[str, ...] = ()


class JobGraph(msgspec.Struct, frozen=True, kw_only=True):
    """A whole job: vertices in topological order, edges, and what travels with it."""

    job_id: str  #: 32 lower-case hex digits, chosen by the client
    name: str
    vertices: tuple[JobVertex, ...]
    edges: tuple[JobEdge, ...]
    job_type: Literal["STREAMING", "BATCH"] = "STREAMING"
    configuration: dict[str, str] = {}  #: what the user set, Flink's keys
    python_version: str = ""  #: "3.11": pickled functions are of this version
    package: str | None = None  #: sha256 of the zip with the user's modules (see penstock.client.packaging)
    requirements: tuple[str, ...] = ()
    plan: str = "{}"  #: `env.get_execution_plan()` of the StreamGraph, JSON text

    def vertex(self, vertex_id: str) -> JobVertex:
        """The vertex of that id; KeyError names it where there is none."""
        for v in self.vertices:
            if v.id == vertex_id:
                return v
        raise KeyError(f"job {self.job_id} has no vertex {vertex_id}")

    def inputs(self, vertex_id: str) -> list[tuple[int, JobEdge]]:
        """The (edge number, edge) that lead into a vertex, in edge order."""
        return [(n, e) for n, e in enumerate(self.edges) if e.target == vertex_id]

    def outputs(self, vertex_id: str) -> list[tuple[int, JobEdge]]:
        """The (edge number, edge) that leave a vertex, in edge order."""
        return [(n, e) for n, e in enumerate(self.edges) if e.source == vertex_id]

    def blobs(self) -> set[str]:
        """Every sha256 the graph refers to."""
        found = {o.spec for v in self.vertices for o in v.operators}
        found |= {e.partitioner for e in self.edges if e.partitioner}
        return found | ({self.package} if self.package else set())

    def slots_required(self) -> int:
        """Slots the job needs: the highest parallelism of each slot sharing group, summed."""
        groups: dict[str, int] = {}
        for v in self.vertices:
            groups[v.slot_sharing_group] = max(groups.get(v.slot_sharing_group, 0), v.parallelism)
        return sum(groups.values())
