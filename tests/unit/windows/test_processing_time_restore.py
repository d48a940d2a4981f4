"""Windows of the clock after a restore: each ends once."""

from typing import Any

import pytest

from penstock.common.time import Time
from penstock.datastream.window import ProcessingTimeTrigger, SlidingProcessingTimeWindows
from penstock.exchange.elements import RecordBatch
from penstock.operators.window_spec import WindowSpec
from tests.unit.operators.chains import Built, handed_over


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0
        monkeypatch.setattr("penstock.operators.windows.processing_time.processing_time", lambda: self.now)


def sliding(restored: Any = None) -> Built:
    assigner = SlidingProcessingTimeWindows.of(Time.milliseconds(100), Time.milliseconds(50))
    spec = WindowSpec(
        assigner=assigner, trigger=ProcessingTimeTrigger(), contents="reduce", function=lambda a, b: a + b
    )
    return Built([spec], restored=restored)


def add(built: Built, value: int) -> None:
    built.chain.process(RecordBatch([value], [None], ["a"]))


def values(built: Built) -> list[Any]:
    return built.writers[0, None].values


def test_a_window_that_has_fired_does_not_fire_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    before = sliding()
    clock.now = 1210
    add(before, 1)
    clock.now = 1260
    before.chain.operators[0].on_processing_time(clock.now)
    add(before, 2)
    assert values(before) == [1]
    # another subtask has no key
    after = sliding(handed_over([before, sliding()]))
    after.chain.operators[0].on_processing_time(clock.now)
    assert values(after) == []
    assert after.chain.operators[0].next_timer() == 1300
    clock.now = 1400
    after.chain.operators[0].on_processing_time(clock.now)
    assert values(after) == [3, 2]


def test_a_window_that_ended_meanwhile_fires(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    before = sliding()
    clock.now = 1210
    add(before, 1)
    after = sliding(handed_over([before]))
    clock.now = 9000
    after.chain.operators[0].on_processing_time(clock.now)
    assert values(after) == [1, 1]
