"""What the API hands to an executor: the JobGraph and the pickled functions it refers to."""

from dataclasses import dataclass, field

from penstock.graph.job_graph import JobGraph


@dataclass(frozen=True, slots=True)
class CompiledJob:
    """`blobs`: sha256 (hex) -> pickled spec, for every digest in the graph. The package is the executor's to add."""

    graph: JobGraph
    blobs: dict[str, bytes] = field(default_factory=dict)
