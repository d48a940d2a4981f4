"""Acknowledgements: only those of current attempts count, each once; the last one has the metadata written."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointAcked
from penstock.coordination.rows import AckRow, CheckpointRow
from penstock_jobmanager import channel_check, checkpoint_abort, failure
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
            sent=event.sent,
            taken=event.taken,
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
        found = channel_check.difference(job.graph, job.record.acks[row.checkpoint].values())
        if found is not None:
            rows.put(job, row)
            _refuse(job, row, found)
            return
        row = replace(row, status="WRITING")
        job.want(WriteMetadata(checkpoint=row.checkpoint))
    rows.put(job, row)


def _refuse(job: Job, row: CheckpointRow, found: str) -> None:
    """A replay has taken another course than the attempt before, or somebody writes who should not: nothing that the
    tasks hold can be trusted, and they begin with the checkpoint before."""
    forked = Failure(message=f"checkpoint {row.checkpoint} is no consistent cut: {found}", exchange="fork")
    checkpoint_abort.abort(job, row, forked)
    failure.on_failure(job, forked)
