"""Each split of a reader that tells them apart has a watermark of its own; the subtask's is the least."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from penstock.common.time import Duration
from penstock.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from penstock.exchange.elements import Watermark, WatermarkStatus
from penstock.operators import sources, watermarks
from penstock.operators.sources import SourceOperator
from penstock.operators.specs import ReaderContext, SourceSpec
from penstock.operators.split_times import SplitTimes
from penstock.operators.watermarks import EVENT_TIME
from penstock.state.snapshot import RestoredOperator
from tests.unit.operators.chains import Built


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (watermarks, sources):
        monkeypatch.setattr(module, "processing_time", clock)
    return clock


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


class Turns:
    """A reader that gives what the test puts into `queue`: (split, records), or (split, None) where it ends."""

    def __init__(self, splits: Sequence[str]) -> None:
        self.queue: deque[tuple[str, list[int] | None]] = deque()
        self.open_splits = list(splits)
        self.current_split: str | None = None

    def add_splits(self, splits: Sequence[Any]) -> None:
        pass

    def poll(self, max_records: int) -> list[Any] | None:
        if not self.queue:
            return []
        self.current_split, records = self.queue.popleft()
        if records is None:
            self.open_splits.remove(self.current_split)
        return records or []

    def snapshot(self) -> list[Any]:
        return []

    def close(self) -> None:
        pass


class TurnsSource:
    bounded = False

    def __init__(self, reader: Turns) -> None:
        self.reader = reader

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return []

    def create_reader(self, context: ReaderContext) -> Turns:
        return self.reader


class Running:
    """A source operator between its polls, a watermark interval apart."""

    def __init__(self, clock: Clock, *splits: str, idle: int | None = None, restored: Any = None) -> None:
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
        if idle is not None:
            strategy = strategy.with_idleness(Duration.of_millis(idle))
        self.clock, self.reader = clock, Turns(splits)
        self.built = Built([SourceSpec(TurnsSource(self.reader), strategy)])
        head = self.built.chain.operators[0]
        assert isinstance(head, SourceOperator)
        self.source = head
        if restored is not None:
            head.restore(RestoredOperator(owned=range(128), lists=restored, subtasks=1))
            head._resume()
        head.start(list, 0, 1)

    def read(self, split: str, *records: int) -> None:
        self.reader.queue.append((split, list(records)))
        self.step()

    def end(self, split: str) -> None:
        self.reader.queue.append((split, None))
        self.step()

    def step(self, ms: int = 200) -> None:
        records = self.source.poll(100)
        if records:
            assert isinstance(records, list)
            self.built.chain.process_values(records)
        self.clock.now += ms
        self.built.chain.on_processing_time(self.clock.now)

    @property
    def controls(self) -> list[Any]:
        return [c.timestamp if isinstance(c, Watermark) else c for c in self.built.out.controls]


def test_a_slow_split_holds_the_watermark(clock: Clock) -> None:
    running = Running(clock, "a", "b")
    running.read("a", 100)
    assert running.controls == []
    running.read("b", 10)
    assert running.controls == [9]
    running.read("a", 200)
    running.read("b", 20, 15)
    assert running.controls == [9, 19]
    running.read("b", 150)
    assert running.controls == [9, 19, 149]


def test_a_split_that_has_ended_holds_nothing(clock: Clock) -> None:
    running = Running(clock, "a", "b")
    running.read("b", 10)
    running.read("a", 100)
    running.end("b")
    assert running.controls == [9, 99]


def test_an_idle_split_holds_nothing_until_it_has_records_again(clock: Clock) -> None:
    running = Running(clock, "a", "b", idle=1000)
    running.read("b", 10)
    for n in range(6):
        running.read("a", 100 + n)
    assert running.controls[0] == 9
    assert running.controls[-1] == 104
    running.read("b", 20)
    running.read("a", 300)
    # late, and slow again: the watermark does not fall, and waits for it
    assert running.controls[-1] == 104
    running.read("b", 200)
    assert running.controls[-1] == 199


def test_when_a_split_falls_idle_the_watermark_rises_without_a_record(clock: Clock) -> None:
    running = Running(clock, "a", "b", idle=1000)
    running.read("b", 10)
    running.step(600)
    running.read("a", 100)
    assert running.controls == [9]
    due = running.source.next_timer()
    assert due is not None and due <= clock.now + 1000
    running.step(600)
    assert running.controls == [9, 99]


def test_where_all_are_idle_the_subtask_is(clock: Clock) -> None:
    running = Running(clock, "a", "b", idle=1000)
    running.read("a", 100)
    running.read("b", 10)
    for _ in range(12):
        running.step()
    assert running.controls[0] == 9
    assert running.controls[-1] == WatermarkStatus(False)


def test_a_new_split_does_not_let_the_watermark_fall(clock: Clock) -> None:
    running = Running(clock, "a")
    running.read("a", 100)
    running.reader.open_splits.append("b")
    running.read("a", 200)
    assert running.controls == [99]
    running.read("b", 150)
    assert running.controls == [99, 149]


def test_the_least_of_them_is_in_a_checkpoint(clock: Clock) -> None:
    running = Running(clock, "a", "b")
    running.read("a", 100)
    running.read("b", 10)
    snapshot = running.source.snapshot(1)
    assert snapshot.lists[EVENT_TIME].items == ((0, 1, 10, False),)
    again = Running(clock, "a", "b", restored={EVENT_TIME: [(0, 1, 10, False)]})
    again.read("a", 300)
    assert again.controls == [9]


def test_split_times_without_splits_have_no_time() -> None:
    times = SplitTimes(None)
    assert times.combined(0) is None
    times.read("unknown", 5, 0)
    assert times.combined(0) is None
