"""The spans of a committed decision: checkpoints that ended, jobs that run (again). Names are Flink's. Pure."""

from collections.abc import Iterator

from penstock.coordination.rows import CheckpointRow, ExecutionRow
from penstock.graph.states import ExecutionState, JobState
from penstock.service.spans import SpanData
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.record import JobRecord

_CHECKPOINTS = "org.apache.flink.runtime.checkpoint.CheckpointStatsTracker"
_RECOVERY = "penstock.jobmanager.recovery"
#: a job runs once none of its tasks is on its way
_THERE = (ExecutionState.RUNNING, ExecutionState.FINISHED)


def spans_of(decision: Decision, record: JobRecord, epoch: int) -> Iterator[SpanData]:
    """`record`: the job with the decision in it."""
    job: dict[str, str | int | bool] = {"jobId": record.job.job, "jobName": record.job.name, "epoch": epoch}
    for row in decision.rows.values():
        if isinstance(row, CheckpointRow) and _has_ended(row, record):
            yield _checkpoint(row, job)
    if _runs_now(decision, record):
        yield from _initialization(record, job)


def _has_ended(row: CheckpointRow, record: JobRecord) -> bool:
    return row.status in ("COMPLETED", "FAILED") and not (row.mirrored or row.discarded or row.unusable)


def _checkpoint(row: CheckpointRow, job: dict[str, str | int | bool]) -> SpanData:
    attributes: dict[str, str | int | bool] = {
        **job,
        "checkpointId": row.checkpoint,
        "checkpointedSize": row.new_bytes,
        "fullSize": row.size,
        "checkpointStatus": row.status,
        "checkpointType": "Savepoint" if row.options.savepoint else "Checkpoint",
        "isUnaligned": row.options.unaligned,
        "startTs": row.triggered_at,
        "endTs": row.ended_at,
    }
    if row.failure:
        attributes["failure"] = row.failure
    return SpanData(_CHECKPOINTS, "Checkpoint", row.triggered_at, row.ended_at, attributes, row.status == "FAILED")


def _runs_now(decision: Decision, record: JobRecord) -> bool:
    """Whether the last task that was on its way has come to RUNNING with this decision."""
    moved = any(isinstance(r, ExecutionRow) and r.state is ExecutionState.RUNNING for r in decision.rows.values())
    if not moved or record.job.state is not JobState.RUNNING:
        return False
    executions = record.executions.values()
    return all(e.state in _THERE and ExecutionState.RUNNING.value in e.timestamps for e in executions)


def _initialization(record: JobRecord, job: dict[str, str | int | bool]) -> Iterator[SpanData]:
    times = record.job.timestamps
    end = max(e.timestamps[ExecutionState.RUNNING.value] for e in record.executions.values())
    attributes: dict[str, str | int | bool] = {**job, "attempt": max(e.attempt for e in record.executions.values())}
    if record.job.restore is not None:
        attributes["checkpointId"] = record.job.restore.checkpoint
    begun = times.get(JobState.CREATED.value, record.job.start_time)
    initialization = {**attributes, "initializationStatus": "COMPLETED", "startTs": begun, "endTs": end}
    yield SpanData(_CHECKPOINTS, "JobInitialization", begun, end, initialization)
    failed = times.get(JobState.RESTARTING.value)
    if failed is not None and record.restart.restarts:
        restarts = {**attributes, "restarts": record.restart.restarts}
        yield SpanData(_RECOVERY, "Recovery", failed, end, restarts)
