"""Some scenarios of the chaos suite over containers, by a seed (SEED; random). All: make chaos HARNESS=docker."""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.__main__ import run
from tests.chaos.campaign import Campaign
from tests.chaos.containers.cluster import ContainerHarness
from tests.chaos.containers.project import EngineError
from tests.chaos.scenarios import ALL

SEED = int(os.environ.get("SEED") or random.randrange(10**6))
FAST = ("jobmanager killed", "taskmanager paused briefly", "worker cut off from Redis")

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]


def test_fast_scenarios_over_containers(tmp_path: Path) -> None:
    try:
        harness = ContainerHarness()
    except EngineError as error:
        pytest.skip(str(error))
    print(f"SEED={SEED}")
    outcomes = run(Campaign(harness, tmp_path), [ALL[name] for name in FAST], SEED, 0.0)
    assert len(outcomes) == len(FAST)
    bad = [outcome for outcome in outcomes if outcome.problems]
    assert not bad, "\n".join(f"{outcome}\n  did: {'; '.join(outcome.faults)}" for outcome in bad)
