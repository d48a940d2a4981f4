"""Runs a command and says what it took."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
JOBS = Path(__file__).parent / "jobs"
PENSTOCK = [sys.executable, "-m", "penstock"]


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds. `began`: Unix time."""

    wall: float
    cpu: float
    began: float
    output: str


def run(command: Sequence[str], at_once: int = 1, environment: Mapping[str, str] | None = None) -> Taken:
    """Wall and CPU seconds of the command and its children, of all its copies. RuntimeError with the output of one
    that fails.

    `at_once`: so many copies side by side; a `{copy}` in an argument becomes the number of each. `environment`:
    variables to add. No copy outlives the call.
    """
    commands = [[part.replace("{copy}", str(n)) for part in command] for n in range(at_once)]
    before, began, start = _children_cpu(), time.time(), time.perf_counter()
    with tempfile.TemporaryFile("w+", errors="replace") as file:
        variables = {**_environment(), **(environment or {})}
        copies = [subprocess.Popen(c, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, env=variables) for c in commands]
        try:
            failed = [copy.args for copy in copies if copy.wait() != 0]
        finally:
            for copy in copies:
                copy.terminate()
        wall, cpu = time.perf_counter() - start, _children_cpu() - before
        file.seek(0)
        output = file.read()
    if failed:
        raise RuntimeError(f"{failed[0]!r} failed:\n{output}")
    return Taken(wall, cpu, began, output)


def _environment() -> dict[str, str]:
    """As a user's: no cluster is named, and modules are compiled once, though not into this checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK_") and k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir(), "penstock-bench-pycache"))}


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
