"""The metadata of a checkpoint out of what a job's subtasks have acknowledged."""

from collections.abc import Mapping

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata, OperatorInfo, VertexState
from penstock.graph.job_graph import JobGraph


def metadata_of(
    graph: JobGraph,
    checkpoint: int,
    states: Mapping[tuple[str, int], SubtaskState],
    timestamp: int = 0,
    savepoint: bool = False,
) -> CheckpointMetadata:
    """`states`: by (vertex, subtask); one that has none was FINISHED before. `timestamp`: ms, of the trigger."""
    return CheckpointMetadata(
        job=graph.job_id,
        job_name=graph.name,
        checkpoint=checkpoint,
        timestamp=timestamp,
        savepoint=savepoint,
        vertices=tuple(
            VertexState(
                id=vertex.id,
                name=vertex.name,
                parallelism=vertex.parallelism,
                max_parallelism=vertex.max_parallelism,
                operators=tuple(OperatorInfo(id=o.id, name=o.name, uid=o.uid) for o in vertex.operators),
                subtasks=tuple(
                    states.get((vertex.id, subtask), SubtaskState(finished=True))
                    for subtask in range(vertex.parallelism)
                ),
            )
            for vertex in graph.vertices
        ),
        edges=tuple((edge.source, edge.target) for edge in graph.edges),
    )
