"""What a source measures besides its records, as FLIP-33 has it."""

from collections.abc import Sequence
from typing import Any

import pytest

from penstock.common import Duration
from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.exchange.elements import RecordBatch
from penstock.operators import source_metrics
from penstock.operators.registry import SubtaskInfo
from penstock.operators.sources import SourceOperator
from penstock.runtime.metrics import MetricRegistry
from penstock.runtime.runtime_context import SubtaskRuntimeContext


class Reader:
    def __init__(self, polls: Sequence[Any]) -> None:
        self._polls = list(polls)

    def add_splits(self, splits: Sequence[Any]) -> None: ...

    def poll(self, max_records: int) -> Any:
        return self._polls.pop(0) if self._polls else []

    def snapshot(self) -> list[Any]:
        return []

    def close(self) -> None: ...


class KnowingReader(Reader):
    pending_records = 7
    fetch_event_time_lag = 11


class Listed:
    bounded = False

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return []

    def create_reader(self, context: Any) -> Any:
        return self._reader


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now = [1000]
    monkeypatch.setattr(source_metrics, "processing_time", lambda: now[0])
    return now


def started(reader: Reader, strategy: Any = None, interval: int = 0) -> tuple[SourceOperator, MetricRegistry]:
    registry = MetricRegistry()
    operator = SourceOperator(0, "source", Listed(reader), strategy, interval)
    info = SubtaskInfo("0" * 32, "job", "source", 0, 1, 128)
    operator.open(SubtaskRuntimeContext(info, None, registry.group("source")))
    operator.start(list, 0, 1)
    return operator, registry


def values(registry: MetricRegistry) -> dict[str, Any]:
    return {name.removeprefix("source."): value for name, value in registry.values().items()}


def test_what_a_source_does_not_know_has_no_value(clock: list[int]) -> None:
    _, registry = started(Reader([]))
    assert values(registry) == {"numRecordsInErrors": 0, "sourceIdleTime": 0}


def test_what_its_reader_knows(clock: list[int]) -> None:
    _, registry = started(KnowingReader([]))
    assert (values(registry)["pendingRecords"], values(registry)["currentFetchEventTimeLag"]) == (7, 11)


def test_idle_time_begins_with_the_first_empty_poll_and_ends_with_a_record(clock: list[int]) -> None:
    operator, registry = started(Reader([["a"], [], [], ["b"]]))
    seen = []
    for _ in range(4):
        operator.poll(10)
        clock[0] += 50
        seen.append(values(registry)["sourceIdleTime"])
    assert seen == [0, 50, 100, 0]


def test_the_lag_of_what_was_emitted_is_behind_the_last_timestamp_that_came(clock: list[int]) -> None:
    operator, registry = started(Reader([RecordBatch(["a", "b"], [400, 600])]))
    operator.poll(10)
    assert values(registry)["currentEmitEventTimeLag"] == 400
    clock[0] += 100
    assert values(registry)["currentEmitEventTimeLag"] == 500
    assert "watermarkLag" not in values(registry)


def test_where_watermarks_are_made_the_lag_is_behind_the_highest_timestamp(clock: list[int]) -> None:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(10))
    operator, registry = started(Reader([]), strategy, 200)
    assert "currentEmitEventTimeLag" not in values(registry)
    operator._time.max_timestamp, operator._emitted = 700, 689
    assert values(registry)["currentEmitEventTimeLag"] == 300
    assert values(registry)["watermarkLag"] == 311
