"""The part "checkpoints": their price at a rate, of a running job against its state's size, and of a snapshot alone."""

from pathlib import Path
from typing import Any

from benchmarks import checkpoint_rate, checkpoint_sizes, checkpoint_state
from benchmarks.cluster import Cluster

#: MB of values of the snapshots alone, which a job of that size would take minutes to fill
SNAPSHOTS = (1.0, 10.0, 100.0, 1000.0)


def measure(cluster: Cluster, folder: Path, rounds: int) -> dict[str, Any]:
    return {
        "rate": checkpoint_rate.measure(cluster, folder, rounds),
        "jobs": checkpoint_sizes.measure(cluster),
        "snapshots": list(checkpoint_state.rows(SNAPSHOTS)),
    }
