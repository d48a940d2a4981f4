"""The metadata of a checkpoint out of the rows: a successor that writes it again writes the same."""

from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.metadata_building import metadata_of
from penstock.graph.job_graph import JobGraph
from penstock_jobmanager.record import JobRecord


def build(record: JobRecord, graph: JobGraph, checkpoint: int) -> CheckpointMetadata:
    """Of a checkpoint that all its tasks have acknowledged. KeyError where there is no such checkpoint.

    A subtask without an acknowledgement was FINISHED when the checkpoint began: everybody else had to give one.
    """
    row = record.checkpoints[checkpoint]
    states = {subtask: ack.state for subtask, ack in record.acks.get(checkpoint, {}).items()}
    return metadata_of(graph, checkpoint, states, row.triggered_at, row.options.savepoint)
