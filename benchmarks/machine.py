"""The machine and the versions that figures belong to."""

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.command import ROOT


def machine_facts() -> dict[str, object]:
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _output("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "redis_server": _output("redis-server", "--version"),
        "packages": {
            name: version(name) for name in ("redis", "hiredis", "celery", "orjson", "msgspec", "cloudpickle")
        },
        "load_before": os.getloadavg(),
    }


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
