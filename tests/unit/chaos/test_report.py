"""The table: percentiles, seeds of failures, branches that were never reached; and the choice of scenarios."""

import itertools
from collections import Counter

import pytest

from tests.chaos.__main__ import chosen, grouped, main
from tests.chaos.outcome import Outcome
from tests.chaos.report import markdown, never_reached, percentile, summary
from tests.chaos.scenario import SLOT
from tests.chaos.scenarios import ALL


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == 50 and percentile(values, 0.99) == 99
    assert percentile([3.0], 0.99) == 3.0 and percentile([], 0.5) is None


def test_one_row_a_scenario() -> None:
    outcomes = [
        Outcome("slot killed", 1, recoveries=[0.5], counts=Counter({"restored": 1})),
        Outcome("slot killed", 2, recoveries=[0.7, 2.5], lost=3, problems=["lost 3"]),
        Outcome("taskmanager killed", 1, recoveries=[3.0]),
    ]
    slot, worker = summary(outcomes, ALL)
    assert (slot["runs"], slot["recovery_p50"], slot["recovery_p99"]) == (2, 0.7, 2.5)
    assert slot["failed_seeds"] == [2] and slot["lost"] == 3 and slot["target"] == "0.7 / 2"
    assert slot["never_reached"] == [] and "TaskManager removed" in worker["never_reached"]
    assert never_reached([slot, worker]) == [f"taskmanager killed: {name}" for name in worker["never_reached"]]
    text = markdown([slot, worker], {"restored": 1}, "idle")
    assert "| slot killed | 2 | 0.70 | 2.50 | 0.7 / 2 | no | - | 3 | 0 | 2 |" in text
    assert "| taskmanager killed | 1 | 3.00 | 3.00 | 3 / 6 | yes | - | 0 | 0 | - |" in text


def test_a_target_is_met_by_both_percentiles() -> None:
    assert SLOT.is_met(0.7, 2.0) and SLOT.is_met(0.704, 0.704), "0.70 is what is printed"
    assert not SLOT.is_met(0.71, 0.71) and not SLOT.is_met(0.5, 2.01)
    (row,) = summary([Outcome("slot killed", 1)], ALL)
    assert row["met"] is None, "nothing was measured"


def test_scenarios_are_listed_with_their_targets_and_what_a_harness_cannot(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCENARIO", "list")
    monkeypatch.setenv("HARNESS", "processes")
    assert main() == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(ALL)
    assert any(line.startswith("slot killed (target 0.7 / 2 s") for line in said)


def test_scenarios_are_chosen_by_name_or_part() -> None:
    assert [scenario.name for scenario in chosen("slot killed")] == ["slot killed"]
    assert [scenario.name for scenario in chosen("random mix, join")] == ["random mix, join"]
    assert {scenario.name for scenario in chosen("savepoint, mix")} == {
        name for name in ALL if "savepoint" in name or "mix" in name
    }
    assert chosen("") == list(ALL.values())
    with pytest.raises(ValueError, match="no scenario is called 'nonsense'"):
        chosen("nonsense")


def test_equal_clusters_stand_together() -> None:
    specs = [scenario.spec for scenario in grouped(list(ALL.values()))]
    changes = sum(a != b for a, b in itertools.pairwise(specs))
    assert changes == len(set(specs)) - 1
