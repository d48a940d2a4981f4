"""Sources and checkpoints: no record is lost or repeated over restores at any parallelism; discovered splits."""

import threading
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.exchange.elements import RecordBatch
from penstock.operators.registry import SubtaskInfo
from penstock.operators.sources import SourceOperator
from penstock.operators.specs import ReaderContext, Source
from penstock.runtime.runtime_context import SubtaskRuntimeContext
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator


def started(
    source: Source, subtask: int, parallelism: int, former: Sequence[OperatorSnapshot] | None = None
) -> SourceOperator:
    made = SourceOperator(0, "in", source, None, 0)
    if former is not None:
        made.restore(hand_over(former, subtask, parallelism, 128))
    info = SubtaskInfo("0" * 32, "job", "task", subtask, parallelism, 128)
    made.open(SubtaskRuntimeContext(info, None))
    made.start(lambda: source.enumerate_splits(parallelism), subtask, parallelism)
    return made


def polled(operator: SourceOperator, count: int) -> list[Any]:
    records = operator.poll(count)
    assert not isinstance(records, RecordBatch)
    return records or []


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=8)),
        min_size=1,
        max_size=5,
    )
)
def test_nothing_is_lost_or_repeated_over_restores_at_any_parallelism(
    steps: list[tuple[int, list[tuple[int, int]]]],
) -> None:
    source = NumberSequenceSource(0, 39)
    former: list[OperatorSnapshot] | None = None
    read: list[int] = []
    for checkpoint, (parallelism, polls) in enumerate(steps, 1):
        running = [started(source, n, parallelism, former) for n in range(parallelism)]
        for subtask, count in polls:
            read += polled(running[subtask % parallelism], count)
        former = [r.snapshot(checkpoint) for r in running]
        # read after the checkpoint: read again
        for r in running:
            polled(r, 3)
            r.close()
    last = [started(source, n, 2, former) for n in range(2)]
    for operator in last:
        while records := polled(operator, 7):
            read += records
    assert sorted(read) == list(range(40))


def test_a_restored_source_is_not_enumerated_again_even_where_nothing_is_left() -> None:
    source = NumberSequenceSource(0, 3)
    first = started(source, 0, 1)
    assert polled(first, 9) == [0, 1, 2, 3]
    restored = started(source, 0, 1, [first.snapshot(1)])
    assert restored.poll(9) is None


def test_a_checkpoint_that_knows_nothing_of_the_source_starts_it_anew() -> None:
    source = NumberSequenceSource(0, 3)
    made = SourceOperator(0, "in", source, None, 0)
    made.restore(RestoredOperator(range(128)))
    made.start(lambda: source.enumerate_splits(1), 0, 1)
    assert polled(made, 9) == [0, 1, 2, 3]


class Timed:
    """One record with a timestamp; tells its reader's context."""

    bounded = True

    def __init__(self) -> None:
        self.contexts: list[ReaderContext] = []
        self.completed: list[int] = []

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return ["only"]

    def create_reader(self, context: ReaderContext) -> "Timed":
        self.contexts.append(context)
        return self

    def add_splits(self, splits: Sequence[Any]) -> None: ...

    def poll(self, max_records: int) -> RecordBatch:
        return RecordBatch(["a"], [5])

    def snapshot(self) -> list[Any]:
        return ["only"]

    def notify_complete(self, checkpoint: int) -> None:
        self.completed.append(checkpoint)

    def close(self) -> None: ...


def test_the_reader_is_told_its_place_and_of_complete_checkpoints_and_wakes_the_task() -> None:
    source, woken = Timed(), threading.Event()
    operator = SourceOperator(0, "in", source, WatermarkStrategy.no_watermarks(), 0, "job", 3)
    operator.start(lambda: source.enumerate_splits(2), 1, 2)
    operator.wake = woken.set
    context = source.contexts[0]
    assert (context.subtask, context.parallelism, context.job_id, context.attempt) == (1, 2, "job", 3)
    assert not context.is_restored
    context.wake()
    assert woken.is_set()
    operator.notify_complete(4)
    assert source.completed == [4]
    operator.notify_complete(5)
    restored = SourceOperator(0, "in", source, None, 0)
    restored.restore(hand_over([operator.snapshot(5)], 0, 1, 128))
    restored.start(list, 0, 1)
    assert source.contexts[1].is_restored


class Growing:
    """A split is a name; each gives itself once. New names come up as the test likes."""

    bounded = False
    discovery_interval: float | None = 0.001

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.error: Exception | None = None
        self.looked = threading.Semaphore(0)

    def enumerate_splits(self, parallelism: int) -> list[str]:
        return list(self.names)

    def discover(self) -> list[str]:
        self.looked.release()
        if self.error is not None:
            raise self.error
        return list(self.names)

    def split_id(self, split: str) -> str:
        return split

    def create_reader(self, context: ReaderContext) -> "NameReader":
        return NameReader()


class NameReader:
    def __init__(self) -> None:
        self.left: list[str] = []

    def add_splits(self, splits: Sequence[str]) -> None:
        self.left += splits

    def poll(self, max_records: int) -> list[str] | None:
        taken, self.left = self.left[:max_records], self.left[max_records:]
        return taken or None

    def snapshot(self) -> list[str]:
        return list(self.left)

    def close(self) -> None: ...


def looked_at(source: Growing, running: Sequence[SourceOperator]) -> list[str]:
    """What all read once each has looked again, twice for each to be sure."""
    for _ in range(3 * len(running)):
        assert source.looked.acquire(timeout=30)
    read: list[str] = []
    while True:
        taken = [name for operator in running for name in polled(operator, 2)]
        if not taken:
            return read
        read += taken


@settings(max_examples=15, deadline=None)
@given(
    rounds=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=4),
)
def test_discovered_splits_are_read_once_by_somebody_over_restores(rounds: list[tuple[int, int, int]]) -> None:
    source = Growing(["first"])
    read: list[str] = []
    former: list[OperatorSnapshot] | None = None
    for checkpoint, (parallelism, new, taken) in enumerate([*rounds, (2, 1, 100)], 1):
        running = [started(source, n, parallelism, former) for n in range(parallelism)]
        source.names += [f"{checkpoint}.{n}" for n in range(new)]
        for _ in range(taken):
            read += [name for operator in running for name in polled(operator, 1)]
        if taken == 100:
            # discovery may take its time: until all is there
            while len(read) < len(source.names):
                read += looked_at(source, running)
            read += looked_at(source, running)
        former = [operator.snapshot(checkpoint) for operator in running]
        for operator in running:
            operator.close()
    assert sorted(read) == sorted(source.names)
    # each is known once, whoever knows it
    known = [name for snapshot in former or [] for name in snapshot.lists["known splits"].items]
    assert sorted(known) == sorted(source.names)


def test_a_discovering_source_never_ends_and_fails_with_its_discovery() -> None:
    source = Growing([])
    operator = started(source, 0, 1)
    assert operator.poll(1) == []
    source.error = PermissionError("no entry")
    try:
        for _ in range(10_000):
            assert source.looked.acquire(timeout=30)
            operator.poll(1)
    except PermissionError as e:
        assert str(e) == "no entry"
    else:
        raise AssertionError("the error of discover was kept")
    finally:
        operator.close()


def test_without_an_interval_a_source_is_as_others_and_can_go_on_with_one() -> None:
    source = Growing([str(n) for n in range(9)])
    source.discovery_interval = None
    running = [started(source, n, 2) for n in range(2)]
    read = [polled(operator, 100) for operator in running]
    assert read == [["0", "2", "4", "6", "8"], ["1", "3", "5", "7"]]
    assert running[0].poll(1) is None
    former = [operator.snapshot(1) for operator in running]
    source.discovery_interval = 0.001
    source.names.append("new")
    later = [started(source, n, 3, former) for n in range(3)]
    assert looked_at(source, later) == ["new"]
    for operator in later:
        operator.close()
