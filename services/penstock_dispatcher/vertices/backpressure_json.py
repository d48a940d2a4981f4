"""`/jobs/:id/vertices/:vid/backpressure`: how much of their time subtasks wait, are idle, are busy. Pure."""

from typing import Any

from penstock.coordination.rows import ExecutionRow, SubtaskMetrics
from penstock.graph.job_graph import JobVertex
from penstock_dispatcher.job_view import JobView

#: above these ratios back pressure is low, and high
_LOW, _HIGH = 0.1, 0.5


def vertex_backpressure(view: JobView, vertex: JobVertex) -> dict[str, Any]:
    """Over the last seconds. The vertex's level is that of its worst subtask."""
    subtasks = [_subtask(row, view.measured(row)) for row in view.attempts(vertex)]
    worst = level_of(max((s["ratio"] for s in subtasks), default=0.0))
    return {
        "status": "ok",
        "backpressure-level": worst,
        "backpressureLevel": worst,
        "end-timestamp": view.now,
        "subtasks": subtasks,
    }


def level_of(ratio: float) -> str:
    """Flink's names: ok, low, high."""
    return "high" if ratio > _HIGH else "low" if ratio > _LOW else "ok"


def _subtask(row: ExecutionRow, measured: SubtaskMetrics | None) -> dict[str, Any]:
    blocked, idle, busy = (
        (0.0, 0.0, 0.0)
        if measured is None
        else (_ratio(measured.backpressured_rate), _ratio(measured.idle_rate), _ratio(measured.busy_rate))
    )
    return {
        "subtask": row.subtask,
        "attempt-number": row.attempt,
        "backpressure-level": level_of(blocked),
        "backpressureLevel": level_of(blocked),
        "ratio": blocked,
        "idleRatio": idle,
        "busyRatio": busy,
        "other-concurrent-attempts": [],
    }


def _ratio(milliseconds: float) -> float:
    """Of a second. A subtask's counters are read while it runs: a little more than a second may come out."""
    return round(min(1.0, max(0.0, milliseconds / 1000)), 3)
