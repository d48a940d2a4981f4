"""`/taskmanagers` and `/taskmanagers/:id`. What only a JVM has is 0; what is not known is -1. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from penstock.coordination.rows import LedgerRow, ServiceInfo, TaskManagerInfo, TaskManagerRow

_NO_MEMORY_POOLS = (
    *("heapUsed", "heapCommitted", "heapMax", "nonHeapUsed", "nonHeapCommitted", "nonHeapMax"),
    *("directCount", "directUsed", "directMax", "mappedCount", "mappedUsed", "mappedMax"),
    *(f"nettyShuffleMemory{kind}" for kind in ("SegmentsAvailable", "SegmentsUsed", "SegmentsTotal")),
    *(f"nettyShuffleMemory{kind}" for kind in ("Available", "Used", "Total")),
)
_NO_CONFIGURATION = (
    *("frameworkHeap", "taskHeap", "frameworkOffHeap", "taskOffHeap"),
    *("networkMemory", "managedMemory", "jvmMetaspace", "jvmOverhead"),
)


def taskmanager_item(
    row: TaskManagerRow,
    info: TaskManagerInfo | None,
    occupied: Sequence[LedgerRow],
    services: Iterable[ServiceInfo],
    assigned_tasks: int,
) -> dict[str, Any]:
    """An element of `/taskmanagers`. `timeSinceLastHeartbeat`: ms since the epoch of the last one, as in Flink."""
    processes = processes_of(row, info, services)
    cores = info.cpu_cores if info else 0
    physical = info.physical_memory if info else 0
    used = sum(p.memory for p in processes)
    return {
        "id": row.taskmanager,
        "path": f"celery://{row.host}/{row.queue}",
        "dataPort": -1,
        "jmxPort": -1,
        "timeSinceLastHeartbeat": max((p.time for p in processes), default=info.time if info else 0),
        "slotsNumber": row.slots,
        "freeSlots": max(0, row.slots - len(occupied)),
        "assignedTasks": assigned_tasks,
        "totalResource": _resource(cores, physical),
        "freeResource": _resource(cores * (row.slots - len(occupied)) / row.slots, max(0, physical - used)),
        "hardware": {
            "cpuCores": cores,
            "physicalMemory": physical,
            "freeMemory": max(0, physical - used),
            "managedMemory": 0,
        },
        "memoryConfiguration": {
            **dict.fromkeys(_NO_CONFIGURATION, 0),
            "totalFlinkMemory": physical,
            "totalProcessMemory": physical,
        },
        "blocked": False,
    }


def taskmanager_details(
    item: dict[str, Any], occupied: Sequence[LedgerRow], tasks: dict[str, int], processes: Sequence[ServiceInfo]
) -> dict[str, Any]:
    """`/taskmanagers/:id`: the element, its slots in use (`tasks` by allocation), and what its processes use."""
    return {
        **item,
        "allocatedSlots": [
            {"jobId": row.job, "resource": _resource(0, 0), "assignedTasks": tasks.get(row.allocation, 0)}
            for row in occupied
        ],
        "metrics": {
            **dict.fromkeys(_NO_MEMORY_POOLS, 0),
            "heapUsed": sum(p.memory for p in processes),
            "garbageCollectors": [],
        },
    }


def processes_of(
    row: TaskManagerRow, info: TaskManagerInfo | None, services: Iterable[ServiceInfo]
) -> list[ServiceInfo]:
    """The TaskManager's own process and its slots'."""
    if info is None:
        return []
    return [
        s
        for s in services
        if (s.service == "taskmanager" and s.id == row.taskmanager)
        or (s.service == "slot" and s.host == info.host and s.parent == info.pid)
    ]


def _resource(cores: float, memory: int) -> dict[str, Any]:
    return {
        "cpuCores": float(cores),
        "taskHeapMemory": memory,
        "taskOffHeapMemory": 0,
        "managedMemory": 0,
        "networkMemory": 0,
        "extendedResources": {},
    }
