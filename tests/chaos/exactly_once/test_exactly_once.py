"""Nothing lost, nothing doubled: seeded runs of a few seconds each. RUNS says how many (3), SEED the first seed."""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.exactly_once.runs import one_run
from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.local_cluster import LocalCluster

RUNS = int(os.environ.get("RUNS", "3"))
SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120 * (RUNS + 1))]


def all_runs(folder: Path, failover: str = "") -> None:
    """`failover`: the failover strategy; empty: the default one."""
    print(f"SEED={SEED} RUNS={RUNS}")
    cluster = LocalCluster(folder / "dir", *TWO_OF_EACH)
    bad, kills, restarts, alone = [], 0, 0, 0
    try:
        for seed in range(SEED, SEED + RUNS):
            outcome = one_run(cluster, folder / f"run{seed}", seed, failover=failover)
            print(outcome, flush=True)
            kills, restarts, alone = kills + outcome.kills, restarts + outcome.restarts, alone + outcome.alone
            if outcome.errors:
                bad.append(outcome)
            cluster.start()
        print(f"{RUNS} runs: {kills} kills, {restarts} restores, {alone} restarts of tasks alone, {len(bad)} bad")
        assert not bad, "\n".join(map(str, bad)) + f"\nrepeat with SEED={bad[0].seed} RUNS=1\n{cluster.log()}"
    finally:
        cluster.stop()


def test_exactly_once_under_kills_and_exceptions(tmp_path: Path) -> None:
    all_runs(tmp_path)
