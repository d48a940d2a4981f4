"""A job with all its subtasks, compactly: what graph, charts, timeline and skew are drawn from. Pure.

Times in ms since the epoch, sizes in bytes. Counters grow over an attempt; rates are the reader's to derive.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.coordination.rows import ExecutionRow, FailureRow, ServiceInfo
from penstock.graph.job_graph import JobVertex
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.live.latency import latency
from penstock_dispatcher.live.overview import Lease, checkpoint_summary, leader_of

#: failures that are shown, the newest
_FAILURES = 50


def job(
    view: JobView,
    lease: Lease,
    services: Sequence[ServiceInfo],
    depths: Mapping[tuple[str, int], int],
    chosen: str | None = None,
) -> dict[str, Any]:
    """The whole document. `depths`: entries of input logs; `chosen`: the vertex whose users' metrics are wanted."""
    row = view.row
    return {
        "id": row.job,
        "name": row.name,
        "type": view.graph.job_type,
        "state": row.state.value,
        "start": row.start_time,
        "end": row.end_time,
        "timestamps": row.timestamps,
        "message": row.message,
        "graph": row.graph,
        "generation": row.generation,
        "takeovers": row.takeovers,
        "leader": {"epoch": lease.epoch, "held": lease.held, "service": leader_of(lease.role, services)},
        "restarts": view.restart.restarts,
        "restart-due": view.restart.due,
        "stopping": row.stop is not None,
        "rescaling": row.rescale.parallelism if row.rescale else None,
        "missing-slots": view.missing_slots,
        "restored": None if row.restore is None else {"checkpoint": row.restore.checkpoint, "path": row.restore.path},
        "checkpoints": checkpoint_summary(view),
        "failures": [_failure(failure) for failure in view.failures[-_FAILURES:]],
        "failure": row.root_failure.message if row.root_failure else None,
        "vertices": [_vertex(view, vertex, depths, vertex.id == chosen) for vertex in view.graph.vertices],
    }


def _failure(row: FailureRow) -> dict[str, Any]:
    return {"time": row.time, "message": row.failure.message, "concurrent": row.concurrent}


def failures(view: JobView) -> dict[str, Any]:
    """Why the job failed, the newest first, with traceback and, where it is known, the record."""
    rows = list(view.failures)
    root = view.row.root_failure
    if root is not None and not rows:
        rows.append(FailureRow(time=max(view.row.end_time, view.last_modification), failure=root))
    return {
        "failures": [
            {
                **_failure(row),
                "traceback": row.failure.traceback,
                "task": row.failure.task_name,
                "endpoint": row.failure.endpoint,
                "taskmanager": row.failure.taskmanager,
                "record": row.failure.record,
                "recovery": row.recovery,
            }
            for row in rows[: -_FAILURES - 1 : -1]
        ],
        "omitted": max(0, len(rows) - _FAILURES),
    }


def _vertex(
    view: JobView, vertex: JobVertex, depths: Mapping[tuple[str, int], int], with_metrics: bool
) -> dict[str, Any]:
    return {
        "id": vertex.id,
        "name": vertex.name,
        "parallelism": vertex.parallelism,
        "max-parallelism": vertex.max_parallelism,
        "state": view.executions.vertex_state(vertex.id).value,
        "subtasks": [
            _subtask(view, row, depths.get((vertex.id, row.subtask)), with_metrics) for row in view.attempts(vertex)
        ],
    }


def _subtask(view: JobView, row: ExecutionRow, depth: int | None, with_metrics: bool) -> dict[str, Any]:
    measured = view.measured(row)
    shown: dict[str, Any] = {
        "subtask": row.subtask,
        "state": row.state.value,
        "attempt": row.attempt,
        "epoch": row.epoch,
        "taskmanager": row.taskmanager,
        "endpoint": row.endpoint,
        "timestamps": row.timestamps,
        "failure": row.failure.message if row.failure else None,
        "exhausted": row.exhausted,
        "depth": depth,
        "measured": None
        if measured is None
        else {
            "records-in": measured.records_in,
            "records-read": measured.records_read,
            "records-out": measured.records_out,
            "bytes-in": measured.bytes_in,
            "bytes-out": measured.bytes_out,
            "busy": measured.busy_ms,
            "backpressured": measured.backpressured_ms,
            "idle": measured.idle_ms,
            "watermark": measured.watermark,
            "latency": latency(measured),
            "final": measured.final,
        },
    }
    if with_metrics:
        shown["metrics"] = measured.user if measured else {}
    return shown
