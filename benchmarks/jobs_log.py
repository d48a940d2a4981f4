"""What the services' logs say of a job."""

from datetime import datetime
from typing import Any

import orjson

from benchmarks.cluster import Cluster


def log_lines(cluster: Cluster, job: str) -> list[dict[str, Any]]:
    """Of this job and its slots' allocations."""
    found = []
    for file in (cluster.folder / "logs").glob("*.log"):
        for line in file.read_bytes().splitlines():
            if job.encode() in line and line.startswith(b"{"):
                entry = orjson.loads(line)
                if entry.get("job") == job or job in str(entry.get("allocation")):
                    found.append(entry)
    return found


def time_of(line: dict[str, Any]) -> float:
    """Unix time."""
    return datetime.fromisoformat(line["timestamp"]).timestamp()
