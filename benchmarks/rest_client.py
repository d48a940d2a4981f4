"""Asks a dispatcher as pages and tools do, so many times a second: python -m benchmarks.rest_client ADDRESS JOB RATE.

Until its standard input ends; then it prints what it has got as JSON. One connection that is kept, as a browser's.
"""

import http.client
import json
import sys
import threading
import time
from statistics import quantiles
from typing import Any


def paths(job: str, vertex: str) -> list[str]:
    """What is asked for in turns: lists, a job and its parts, metrics, what the Web UI reads."""
    of_job = f"/v1/jobs/{job}"
    return [
        "/v1/overview",
        "/v1/jobs/overview",
        of_job,
        f"{of_job}/checkpoints",
        f"{of_job}/exceptions",
        f"{of_job}/vertices/{vertex}",
        f"{of_job}/vertices/{vertex}/backpressure",
        f"{of_job}/vertices/{vertex}/subtasks/metrics?get=numRecordsOutPerSecond,busyTimeMsPerSecond",
        f"{of_job}/metrics?get=uptime,numRestarts",
        "/v1/taskmanagers",
        f"/penstock/views/jobs/{job}",
    ]


def load(address: str, job: str, rate: float) -> dict[str, Any]:
    """Requests, failures, percentiles in ms. A request that is late is not made up for."""
    over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(over,), daemon=True).start()
    connection = http.client.HTTPConnection(address, timeout=30)
    vertex = json.loads(_get(connection, f"/v1/jobs/{job}")[1])["vertices"][0]["id"]
    asked = paths(job, vertex)
    took: list[float] = []
    failed = 0
    began = due = time.monotonic()
    while not over.wait(max(0.0, due - time.monotonic())):
        due = max(due + 1 / rate, time.monotonic())
        start = time.perf_counter()
        status, _ = _get(connection, asked[len(took) % len(asked)])
        took.append((time.perf_counter() - start) * 1000)
        failed += status != 200
    cuts = quantiles(took, n=100)
    return {
        "requests": len(took),
        "failed": failed,
        "per_second": round(len(took) / (time.monotonic() - began), 1),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
    }


def _wait_for_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


if __name__ == "__main__":
    print(json.dumps(load(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
