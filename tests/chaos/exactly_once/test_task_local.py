"""The same job with task-local failover: seeded runs, nothing lost or doubled. RUNS and SEED as there."""

from pathlib import Path

import pytest

from tests.chaos.exactly_once.runs import one_run
from tests.chaos.exactly_once.test_exactly_once import RUNS, SEED
from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120 * (RUNS + 1))]


def test_exactly_once_where_tasks_are_restarted_alone(tmp_path: Path) -> None:
    print(f"SEED={SEED} RUNS={RUNS}")
    cluster = LocalCluster(tmp_path / "dir", *TWO_OF_EACH)
    bad, kills, alone = [], 0, 0
    try:
        for seed in range(SEED, SEED + RUNS):
            outcome = one_run(cluster, tmp_path / f"run{seed}", seed, failover="task")
            print(outcome, flush=True)
            kills, alone = kills + outcome.kills, alone + outcome.alone
            if outcome.errors:
                bad.append(outcome)
            cluster.start()
        print(f"{RUNS} runs: {kills} kills, {alone} restarts of tasks alone, {len(bad)} bad")
        assert not bad, "\n".join(map(str, bad)) + f"\nrepeat with SEED={bad[0].seed} RUNS=1\n{cluster.log()}"
    finally:
        cluster.stop()
