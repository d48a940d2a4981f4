"""Sinks and checkpoints: what is committed, when, in which order, and what a new writer gets."""

from collections.abc import Sequence
from typing import Any

import pytest

from penstock.operators.sink_interface import SinkWriter, TransientCommitError, WriterContext
from penstock.operators.sinks import SinkOperator
from penstock.operators.uncommitted import Uncommitted
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot


class Writer(SinkWriter):
    """Gives up what was written as one committable; its state is how many there were."""

    def __init__(self, context: WriterContext) -> None:
        self.context = context
        self._open: list[Any] = []
        self._given = sum(context.restored)

    def write(self, values: Sequence[Any]) -> None:
        self._open += values

    def prepare_commit(self) -> list[Any]:
        given, self._open = self._open, []
        self._given += len(given)
        return [tuple(given)] if given else []

    def snapshot(self) -> list[int]:
        return [self._given]


class Committing:
    """A sink that keeps what it is told to commit, and fails as often as it is asked to."""

    def __init__(self) -> None:
        self.committed: list[Any] = []
        self.failures: list[Exception] = []
        self.writers: list[Writer] = []

    def create_writer(self, context: WriterContext) -> Writer:
        self.writers.append(Writer(context))
        return self.writers[-1]

    def commit(self, committables: Sequence[Any]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.committed += committables


def operator(sink: Committing, subtask: int = 0, *, checkpointing: bool = True) -> SinkOperator:
    return SinkOperator(0, "out", sink, WriterContext(subtask, checkpointing=checkpointing))


def opened(sink: Committing) -> SinkOperator:
    made = operator(sink)
    made.open(None)
    return made


def test_committed_is_what_a_complete_checkpoint_has() -> None:
    sink = Committing()
    running = opened(sink)
    running.write([1, 2])
    running.snapshot(1)
    running.write([3])
    assert sink.committed == []
    running.notify_complete(1)
    assert sink.committed == [(1, 2)]
    running.notify_complete(1)
    assert sink.committed == [(1, 2)]


def test_what_an_aborted_checkpoint_had_is_committed_with_the_next_in_order() -> None:
    sink = Committing()
    running = opened(sink)
    for checkpoint in (1, 2, 3):
        running.write([checkpoint])
        running.snapshot(checkpoint)
    running.notify_aborted(1)
    running.notify_complete(2)
    assert sink.committed == [(1,), (2,)]
    running.notify_complete(3)
    assert sink.committed == [(1,), (2,), (3,)]


def test_with_checkpoints_the_end_of_input_commits_nothing_by_itself() -> None:
    sink = Committing()
    running = opened(sink)
    running.write([1])
    running.finish()
    assert sink.committed == []
    running.snapshot(7)
    running.notify_complete(7)
    assert sink.committed == [(1,)]


def test_without_checkpoints_the_end_of_input_commits_all_a_savepoint_left_among_it() -> None:
    sink = Committing()
    running = operator(sink, checkpointing=False)
    running.open(None)
    running.write([1])
    running.snapshot(3)
    running.write([2])
    running.finish()
    assert sink.committed == [(1,), (2,)]


def snapshot_of(sink: Committing, values: Sequence[Any], checkpoints: Sequence[int]) -> OperatorSnapshot:
    running, snapshot = opened(sink), OperatorSnapshot()
    for value, checkpoint in zip(values, checkpoints, strict=True):
        running.write([value])
        snapshot = running.snapshot(checkpoint)
    return snapshot


def test_a_restored_sink_commits_what_is_listed_before_its_writer_is_made() -> None:
    snapshot = snapshot_of(Committing(), ["a", "b"], [4, 5])
    sink = Committing()
    restored = operator(sink)
    restored.restore(hand_over([snapshot], 0, 1, 128))
    assert sink.committed == [("a",), ("b",)]
    restored.open(None)
    context = sink.writers[0].context
    assert list(context.committed) == [("a",), ("b",)]
    assert list(context.restored) == [2]
    # they are not in the state of the next checkpoint
    assert restored.snapshot(6).lists["uncommitted"].items == ()


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_each_former_subtasks_commits_stay_in_order_at_another_parallelism(parallelism: int) -> None:
    former = [snapshot_of(Committing(), [f"{n}a", f"{n}b"], [4, 5]) for n in range(4)]
    committed: list[str] = []
    states = 0
    for subtask in range(parallelism):
        sink = Committing()
        restored = operator(sink, subtask)
        restored.restore(hand_over(former, subtask, parallelism, 128))
        restored.open(None)
        states += sum(sink.writers[0].context.restored)
        committed += [value for (value,) in sink.committed]
    assert sorted(committed) == sorted(f"{n}{c}" for n in range(4) for c in "ab")
    for n in range(4):
        assert committed.index(f"{n}a") < committed.index(f"{n}b")
    assert states == 8


def test_a_snapshot_does_not_change_with_what_comes_later() -> None:
    sink = Committing()
    running = opened(sink)
    running.write([1])
    first = running.snapshot(1)
    running.write([2])
    running.snapshot(1)
    assert first.lists["uncommitted"].items == ({1: ((1,),)},)


def test_a_commit_that_may_pass_is_tried_again() -> None:
    sink = Committing()
    sink.failures = [TransientCommitError("busy"), ConnectionRefusedError("away"), TimeoutError("slow")]
    running = opened(sink)
    running.write([1])
    running.snapshot(1)
    running.notify_complete(1)
    assert sink.committed == [(1,)]


def test_a_commit_that_cannot_succeed_fails_at_once_and_names_its_checkpoint() -> None:
    sink = Committing()
    sink.failures = [PermissionError("no")]
    running = opened(sink)
    running.write([1])
    running.snapshot(9)
    with pytest.raises(PermissionError) as caught:
        running.notify_complete(9)
    assert caught.value.__notes__ == ["operator 'out': commit of 1 committables of checkpoint 9"]
    # it was not taken for done
    running.notify_complete(9)
    assert sink.committed == [(1,)]


def test_patience_with_a_commit_ends() -> None:
    def never(committables: Sequence[Any]) -> None:
        raise TransientCommitError("still busy")

    uncommitted = Uncommitted("out", never, patience=0.15)
    uncommitted.add(1, ["a"])
    with pytest.raises(TransientCommitError, match="still busy") as caught:
        uncommitted.commit_through(1)
    assert "checkpoint 1, tried for" in caught.value.__notes__[0]
