"""The metrics of a TaskManager and of the JobManager by Flink's names, from what the processes announce. Pure.

What only a JVM has is left out. `Heap` is resident memory; `Max` is the machine's, where it is known. Bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from penstock.coordination.rows import ServiceInfo
from penstock_dispatcher.metrics.task_metrics import Value


def process_metrics(processes: Sequence[ServiceInfo], physical_memory: int = 0) -> dict[str, Value]:
    """Of all processes of one TaskManager, or of one JobManager."""
    used = sum(process.memory for process in processes)
    most = physical_memory or used
    return {
        "Status.JVM.CPU.Load": round(sum(process.load for process in processes), 3),
        "Status.JVM.CPU.Time": int(sum(process.cpu for process in processes) * 1_000_000_000),
        "Status.JVM.Memory.Heap.Used": used,
        "Status.JVM.Memory.Heap.Committed": used,
        "Status.JVM.Memory.Heap.Max": most,
        "Status.JVM.Memory.NonHeap.Used": 0,
        "Status.JVM.Memory.NonHeap.Committed": 0,
        "Status.JVM.Memory.NonHeap.Max": 0,
        "Status.Flink.Memory.Managed.Used": 0,
        "Status.Flink.Memory.Managed.Total": 0,
        "Status.Shuffle.Netty.UsedMemory": 0,
        "Status.Shuffle.Netty.TotalMemory": 0,
    }


def refusal_metrics(processes: Sequence[ServiceInfo]) -> dict[str, Value]:
    """What they refused, as it was not sealed with the cluster secret, by kind. Flink has no such thing."""
    counts: Counter[str] = Counter()
    for process in processes:
        counts.update(process.unsealed)
    return {f"Penstock.refused.{kind}": count for kind, count in sorted(counts.items())}


def jobmanager_metrics(
    processes: Sequence[ServiceInfo], taskmanagers: int, slots: int, available: int, jobs: Mapping[str, int]
) -> dict[str, Value]:
    """Of the cluster, and of its JobManager's processes. `jobs`: as in `/overview`."""
    return {
        "numRegisteredTaskManagers": taskmanagers,
        "taskSlotsTotal": slots,
        "taskSlotsAvailable": available,
        "numRunningJobs": jobs["jobs-running"],
        **process_metrics(processes),
    }
