"""A few fast scenarios by a seed (SEED; random), as `make chaos` runs all of them for as long as one likes."""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.__main__ import run
from tests.chaos.campaign import Campaign
from tests.chaos.processes.cluster import ProcessHarness
from tests.chaos.scenarios import ALL

SEED = int(os.environ.get("SEED") or random.randrange(10**6))
FAST = (
    "jobmanager killed",
    "jobmanager killed in a savepoint",
    "slot with the sink killed after pre-commit",
    "slot of a join killed",
    "celery messages doubled and late",
)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


def test_fast_scenarios(tmp_path: Path) -> None:
    print(f"SEED={SEED}")
    outcomes = run(Campaign(ProcessHarness(), tmp_path), [ALL[name] for name in FAST], SEED, 0.0)
    assert len(outcomes) == len(FAST)
    bad = [outcome for outcome in outcomes if outcome.problems]
    assert not bad, "\n".join(f"{outcome}\n  did: {'; '.join(outcome.faults)}" for outcome in bad)
