"""The same job with task-local failover: seeded runs, nothing lost or doubled. RUNS and SEED as there."""

from pathlib import Path

import pytest

from tests.chaos.exactly_once.test_exactly_once import RUNS, all_runs

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120 * (RUNS + 1))]


def test_exactly_once_where_tasks_are_restarted_alone(tmp_path: Path) -> None:
    all_runs(tmp_path, failover="task")
