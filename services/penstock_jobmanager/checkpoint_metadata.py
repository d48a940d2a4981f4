"""The metadata of a checkpoint out of the rows: a successor that writes it again writes the same."""

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata, OperatorInfo, VertexState
from penstock.graph.job_graph import JobGraph, JobVertex
from penstock_jobmanager.record import JobRecord


def build(record: JobRecord, graph: JobGraph, checkpoint: int) -> CheckpointMetadata:
    """Of a checkpoint that all its tasks have acknowledged. KeyError where there is no such checkpoint.

    A subtask without an acknowledgement was FINISHED when the checkpoint began: everybody else had to give one.
    """
    row = record.checkpoints[checkpoint]
    acks = record.acks.get(checkpoint, {})

    def state(vertex: JobVertex, subtask: int) -> SubtaskState:
        ack = acks.get((vertex.id, subtask))
        return SubtaskState(finished=True) if ack is None else ack.state

    return CheckpointMetadata(
        job=graph.job_id,
        job_name=graph.name,
        checkpoint=checkpoint,
        timestamp=row.triggered_at,
        savepoint=row.options.savepoint,
        vertices=tuple(
            VertexState(
                id=vertex.id,
                name=vertex.name,
                parallelism=vertex.parallelism,
                max_parallelism=vertex.max_parallelism,
                operators=tuple(OperatorInfo(id=o.id, name=o.name, uid=o.uid) for o in vertex.operators),
                subtasks=tuple(state(vertex, subtask) for subtask in range(vertex.parallelism)),
            )
            for vertex in graph.vertices
        ),
        edges=tuple((edge.source, edge.target) for edge in graph.edges),
    )
