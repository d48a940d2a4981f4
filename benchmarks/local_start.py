"""How long a ten-line job takes in one process, beyond starting Python and importing what it uses."""

import sys
from statistics import median
from typing import Any

from benchmarks.command import JOBS, run

GOAL_MS = 300
_JOB = JOBS / "ten_lines.py"
_WORDS = 6  #: results


def measure(rounds: int) -> dict[str, Any]:
    """Medians in ms of wall time, in turns. RuntimeError where the job prints something else."""
    imports = "\n".join(line for line in _JOB.read_text("utf-8").splitlines() if line.startswith(("import ", "from ")))
    commands = {
        "Python alone": [sys.executable, "-c", "pass"],
        "with the imports": [sys.executable, "-c", imports],
        "the job": [sys.executable, str(_JOB)],
    }
    walls: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(max(5, rounds)):
        for name, command in commands.items():
            taken = run(command)
            if name == "the job" and len(taken.output.splitlines()) != _WORDS:
                raise RuntimeError(f"{_JOB.name} printed:\n{taken.output}")
            walls[name].append(1000 * taken.wall)
    beyond = median(job - imported for job, imported in zip(walls["the job"], walls["with the imports"], strict=True))
    found = {name: round(median(values)) for name, values in walls.items()}
    return {"ms": found, "beyond_imports_ms": round(beyond), "goal_ms": GOAL_MS, "met": beyond < GOAL_MS}
