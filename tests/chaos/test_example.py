"""The example of docs/testing.md, run as its reader would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "tested_under_faults"

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


def test_a_job_tested_under_faults(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "base")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [*command, str(EXAMPLE)], capture_output=True, text=True, timeout=500, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
