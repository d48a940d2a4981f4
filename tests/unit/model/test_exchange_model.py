"""The protocol's model holds with all its rules, and none of them is there for nothing."""

import pytest

from tests.unit.model.exchange_model import RULES, World
from tests.unit.model.model_tasks import Violation

_SEEDS = 300
_SEEDS_TO_CATCH = 160


def _violated(seed: int, rules: frozenset[str]) -> bool:
    world = World(seed, rules)
    try:
        world.run(crashes=seed % 6)
        world.check()
    except Violation:
        return True
    return False


def test_no_violation_with_all_rules() -> None:
    totals = [0, 0, 0, 0]
    for seed in range(_SEEDS):
        world = World(seed)
        world.run(crashes=seed % 6)
        world.check()
        seen = (world.crashes, world.regions, world.aborts, world.checkpoints)
        totals = [a + b for a, b in zip(totals, seen, strict=True)]
    assert min(totals) > 100, f"crashes, region failovers, aborts, checkpoints: {totals}: too tame to mean anything"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_matters(rule: str) -> None:
    assert any(_violated(seed, RULES - {rule}) for seed in range(_SEEDS_TO_CATCH))
