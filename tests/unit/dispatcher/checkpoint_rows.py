"""Rows of checkpoints as a JobMaster commits them, for the tests of what REST makes of them."""

from typing import Any

from penstock.checkpoint.handles import InlineHandle, OperatorHandle, SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.messages import AckMetrics
from penstock.coordination.rows import AckRow, CheckpointRow, CheckpointsRow, CheckpointTasksRow, TaskStats

from .replica import JOB, SINK, SOURCE, Replica

BEGIN = 1_700_000_000_000


def checkpoint(number: int, status: str, took: int = 0, **changes: Any) -> CheckpointRow:
    """Triggered `number` seconds after BEGIN; `took` ms to the last acknowledgement."""
    triggered = BEGIN + 1000 * number
    options: dict[str, Any] = {"directory": f"/c/chk-{number}", **changes.pop("options", {})}
    fields: dict[str, Any] = {
        "checkpoint": number,
        "status": status,
        "triggered_at": triggered,
        "latest_ack": triggered + took if took else 0,
        "ended_at": triggered + took + 5 if took else 0,
        "tasks": 3,
        "acked": 3 if status == "COMPLETED" else 0,
        "path": f"{options['directory']}/_metadata" if status == "COMPLETED" else None,
        **changes,
    }
    return CheckpointRow(options=CheckpointOptions(**options), **fields)


def stats(vertex: str, subtask: int, time: int, size: int = 10, **metrics: Any) -> TaskStats:
    return TaskStats(
        vertex=vertex, subtask=subtask, time=time, size=size, new_bytes=size // 2, metrics=AckMetrics(**metrics)
    )


def ack(number: int, vertex: str, subtask: int, after: int, size: int = 10) -> AckRow:
    """An acknowledgement `after` ms of the trigger, with state in it."""
    state = SubtaskState(
        operators={vertex: OperatorHandle()}, channels=InlineHandle(data=b"x" * size), size=size, new_bytes=size
    )
    time = BEGIN + 1000 * number + after
    return AckRow(
        checkpoint=number, vertex=vertex, subtask=subtask, attempt=0, time=time, state=state, metrics=AckMetrics()
    )


def several_checkpoints(replica: Replica) -> None:
    """1 and 2 completed (2 of two subtasks with statistics), 3 failed, 4 a savepoint, 5 under way."""
    at = BEGIN + 1000
    tasks = CheckpointTasksRow(
        checkpoint=1,
        tasks=(
            stats(SINK, 0, at + 40, size=100, sync=4, asynchronous=9, start_delay=7, alignment=3, processed_bytes=2),
            stats(SOURCE, 1, at + 30, sync=2),
            stats(SOURCE, 0, at + 10, sync=1, asynchronous=1),
        ),
    )
    rows = {
        "checkpoints": CheckpointsRow(
            next_id=6,
            triggered=5,
            completed=3,
            failed=1,
            restored=2,
            restored_id=1,
            restored_at=BEGIN + 1500,
            restored_path="/c/chk-1/_metadata",
        ),
        "checkpoint:1": checkpoint(1, "COMPLETED", 40, size=120, new_bytes=60, processed_bytes=2, discarded=True),
        "checkpoint-tasks:1": tasks,
        "checkpoint:2": checkpoint(2, "COMPLETED", 80, size=240, new_bytes=90, options={"unaligned": True}),
        "checkpoint:3": checkpoint(3, "FAILED", failure="a task declined it", failed_at=BEGIN + 3200),
        "checkpoint:4": checkpoint(
            4,
            "COMPLETED",
            60,
            size=200,
            owned=False,
            options={"savepoint": True, "directory": "/s/savepoint-012345-abc"},
        ),
        "checkpoint:5": checkpoint(5, "PENDING", options={"savepoint": True, "stop": "drain"}),
        f"ack:5:{SOURCE}:1": ack(5, SOURCE, 1, 25),
    }
    replica.commit(f"job:{JOB}", rows)
