"""Acknowledgements: only those of current attempts count, each once; the last one has the metadata written."""

from msgspec.structs import replace

from penstock.coordination.messages import CheckpointAcked
from penstock.coordination.rows import AckRow
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager.effects import DiscardCheckpoint, WriteMetadata
from penstock_jobmanager.job import Job


def on_acked(job: Job, event: CheckpointAcked) -> None:
    """The part of one subtask is in storage."""
    row = job.record.checkpoints.get(event.checkpoint)
    if row is None:
        return
    if row.status == "FAILED":
        # the upload was not stopped in time: what it wrote came after the folder was removed
        job.want(DiscardCheckpoint(checkpoint=row.checkpoint, directory=row.options.directory))
        return
    execution = rows.current(job, event.vertex, event.subtask, event.attempt)
    subtask = (event.vertex, event.subtask)
    if row.status != "PENDING" or row.generation != job.row.generation or execution is None:
        return
    if subtask in job.record.acks.get(row.checkpoint, {}):
        return
    rows.put_ack(
        job,
        AckRow(
            checkpoint=row.checkpoint,
            vertex=event.vertex,
            subtask=event.subtask,
            attempt=event.attempt,
            time=job.now.wall,
            state=event.state,
            metrics=event.metrics,
        ),
    )
    row = replace(
        row,
        acked=row.acked + 1,
        latest_ack=job.now.wall,
        size=row.size + event.state.size,
        new_bytes=row.new_bytes + event.state.new_bytes,
        processed_bytes=row.processed_bytes + event.metrics.processed_bytes,
        persisted_bytes=row.persisted_bytes + event.metrics.persisted_bytes,
    )
    if row.acked == row.tasks:
        row = replace(row, status="WRITING")
        job.want(WriteMetadata(checkpoint=row.checkpoint))
    rows.put(job, row)
