"""Which checkpoints outlive the job. Source: Flink's `CheckpointProperties`, `ExternalizedCheckpointRetention`."""

from penstock.client.config.options.checkpointing import Retention
from penstock.graph.states import JobState
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager.effects import SweepCheckpoints
from penstock_jobmanager.job import Job


def retains(retention: Retention, final: JobState) -> bool:
    """Whether a job that ends so leaves its newest checkpoints behind."""
    match retention:
        case Retention.RETAIN_ON_CANCELLATION:
            return final in (JobState.CANCELED, JobState.FAILED)
        case Retention.DELETE_ON_CANCELLATION:
            return final is JobState.FAILED
        case Retention.NO_EXTERNALIZED_CHECKPOINTS:
            return False


def sweep(job: Job, final: JobState) -> None:
    """Everything else of the job goes from checkpoint storage. Users' savepoints are not touched."""
    config = job.options.checkpoints
    if config.directory is None or not job.record.counters.triggered:
        return
    own = [row for row in rows.pointers(job) if row.owned]
    kept = own if retains(config.retention, final) else []
    for row in own:
        if row not in kept:
            rows.discard(job, row)
    job.want(SweepCheckpoints(keep=tuple(sorted(row.checkpoint for row in kept))))
