"""The TaskManagers, their slots, and the tasks in them. Pure. Sizes in bytes, `cpu` in seconds used so far."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.coordination.rows import LedgerRow, ServiceInfo, SlotRow, TaskManagerInfo
from penstock_dispatcher.cluster_reader import Slots
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.taskmanager_json import processes_of


def taskmanagers(
    slots: Slots,
    infos: Mapping[str, TaskManagerInfo],
    services: Sequence[ServiceInfo],
    views: Mapping[str, JobView],
    own: Mapping[str, Mapping[int, SlotRow]],
) -> dict[str, Any]:
    """The whole document. `own`: each TaskManager's view of its slots; `views`: the jobs that hold slots."""
    tasks = _tasks(views)
    shown = []
    for row in slots.taskmanagers:
        info, occupied = infos.get(row.taskmanager), {entry.slot: entry for entry in slots.occupied(row.taskmanager)}
        processes = processes_of(row, info, services)
        parent = next((p for p in processes if p.service == "taskmanager"), None)
        by_pid = {p.pid: p for p in processes if p.service == "slot"}
        rows = own.get(row.taskmanager, {})
        shown.append(
            {
                "id": row.taskmanager,
                "host": row.host,
                "queue": row.queue,
                "pid": info.pid if info else None,
                "python": info.python_version if info else None,
                "cores": info.cpu_cores if info else None,
                "physical-memory": info.physical_memory if info else None,
                "registered": info.time if info else None,
                "heartbeat": parent.time if parent else None,
                "memory": sum(p.memory for p in processes),
                "cpu": sum(p.cpu for p in processes),
                "slots": [_slot(n, occupied.get(n), rows.get(n), by_pid, views, tasks) for n in range(row.slots)],
            }
        )
    return {"taskmanagers": shown}


def _slot(
    number: int,
    ledger: LedgerRow | None,
    own: SlotRow | None,
    processes: Mapping[int, ServiceInfo],
    views: Mapping[str, JobView],
    tasks: Mapping[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    process = processes.get(own.pid) if own is not None and own.pid else None
    view = views.get(ledger.job) if ledger else None
    return {
        "slot": number,
        "state": own.state if own else None,
        "job": ledger.job if ledger else None,
        "job-name": view.row.name if view else None,
        "tasks": tasks.get(ledger.allocation, []) if ledger else [],
        "pid": process.pid if process else None,
        "memory": process.memory if process else None,
        "cpu": process.cpu if process else None,
    }


def _tasks(views: Mapping[str, JobView]) -> dict[str, list[dict[str, Any]]]:
    """Live tasks by allocation."""
    found: dict[str, list[dict[str, Any]]] = {}
    for view in views.values():
        for vertex in view.graph.vertices:
            for row in view.attempts(vertex):
                if row.allocation is not None and not row.state.is_terminal:
                    task = {"vertex": vertex.id, "name": vertex.name, "subtask": row.subtask, "state": row.state.value}
                    found.setdefault(row.allocation, []).append(task)
    return found
