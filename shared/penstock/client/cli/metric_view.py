"""The tables of `penstock metrics`. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.client.cli.checkpoints import table
from penstock.client.cli.flows import Flow
from penstock.client.cli.sizes import human_size

_VERTICES = ("vertex", "subtasks", "in", "in/s", "out", "out/s", "busy", "held back", "lag", "input log", "latency p99")
_SUBTASKS = ("subtask", "state", "attempt", "TaskManager", "in", "out", "bytes in", "bytes out", "watermark")


def job_lines(job: Mapping[str, Any], flow: Sequence[Flow]) -> list[str]:
    """A line of the job, and a table of its vertices. Columns that say nothing are left out."""
    rows = [_VERTICES, *(_vertex(f) for f in flow)]
    told = [n for n in range(len(_VERTICES)) if n < 6 or any(row[n] for row in rows[1:])]
    return [head_line(job), *table([[row[n] for n in told] for row in rows])]


def head_line(job: Mapping[str, Any]) -> str:
    """`word count RUNNING: 12 checkpoints, the last 34 ms, 18.1 KiB; 1 restart`."""
    checkpoints = job["checkpoints"]
    parts = [_counted(checkpoints["completed"], "checkpoint")] if checkpoints["completed"] else []
    if latest := checkpoints["latest"]:
        parts[0] += f" (the last {latest['duration']} ms, {human_size(latest['size'])})"
    parts += [_counted(checkpoints["failed"], "failed checkpoint")] if checkpoints["failed"] else []
    parts += [_counted(job["restarts"], "restart")] if job["restarts"] else []
    return f"{job['name']} {job['state']}" + (f": {', '.join(parts)}" if parts else "")


def subtask_lines(vertex: Mapping[str, Any]) -> list[str]:
    """A table of a vertex's subtasks, then what its operators' functions measure."""
    rows = [_subtask(s) for s in vertex["subtasks"]]
    lines = [vertex["name"], *table([_SUBTASKS, *rows])]
    users = [
        (name, str(s["subtask"]), str(value))
        for s in vertex["subtasks"]
        for name, value in sorted((s.get("metrics") or {}).items())
    ]
    if users:
        lines += ["", *table([("metric", "subtask", "value"), *sorted(users)])]
    return lines


def rate_text(rate: float | None) -> str:
    """`12,345`; nothing where none is known."""
    return "" if rate is None else f"{rate:,.0f}"


def share_text(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def time_text(ms: float | None) -> str:
    """`340 ms`, `12.0 s`."""
    if ms is None:
        return ""
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:,.1f} s"


def states_text(states: Mapping[str, int]) -> str:
    """`3 RUNNING, 1 FINISHED`."""
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _vertex(f: Flow) -> tuple[str, ...]:
    return (
        f.name,
        states_text(f.states),
        f"{f.records_in:,}",
        rate_text(f.rate_in),
        f"{f.records_out:,}",
        rate_text(f.rate_out),
        share_text(f.busy),
        share_text(f.held_back),
        time_text(f.lag),
        "" if f.depth is None else f"{f.depth:,}",
        time_text(f.latency),
    )


def _subtask(s: Mapping[str, Any]) -> tuple[str, ...]:
    m = s["measured"] or {}
    return (
        str(s["subtask"]),
        s["state"],
        str(s["attempt"]),
        s["taskmanager"] or "",
        *(f"{m[name]:,}" if m else "" for name in ("records-in", "records-out")),
        *(human_size(m[name]) if m else "" for name in ("bytes-in", "bytes-out")),
        "" if m.get("watermark") is None else str(m["watermark"]),
    )


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
