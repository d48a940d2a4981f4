"""A task's part in a checkpoint: what goes ahead of the barrier, what the snapshot holds, who is told."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.datastream.async_functions import AsyncFunction
from penstock.datastream.async_retry_strategies import NO_RETRY_STRATEGY
from penstock.graph.compiled import CompiledJob
from penstock.graph.states import ExecutionState
from penstock.operators.specs import AsyncWaitSpec, CollectSpec, MapSpec, SinkSpec, SourceSpec
from tests.job_builder import JobBuilder, source_of
from tests.unit.runtime import transactions
from tests.unit.runtime.checkpointing import Running
from tests.unit.runtime.transactions import CountingSink, Pace, PacedSource, committed

_names = itertools.count()


@pytest.fixture
def name() -> Iterator[str]:
    name = f"job-{next(_names)}"
    Pace.of[name] = Pace()
    yield name
    del Pace.of[name]


def pipeline(name: str, values: Any = range(1000), sources: int = 1, sinks: int = 1) -> CompiledJob:
    """A paced source, a map behind an edge, a sink behind another."""
    job = JobBuilder()
    source = job.vertex(SourceSpec(PacedSource(list(values), name)), parallelism=sources)
    mapped = job.vertex(MapSpec(lambda v: v), parallelism=sinks)
    sink = job.vertex(SinkSpec(CountingSink(name)), parallelism=sinks)
    job.edge(source, mapped, "REBALANCE")
    job.edge(mapped, sink, "REBALANCE")
    return job.build()


def test_a_restored_job_goes_on_where_its_checkpoint_was_taken(name: str) -> None:
    Pace.of[name].allowed = 300
    job = Running(pipeline(name, sources=2, sinks=3))
    job.run(lambda: Pace.of[name].allowed == 0)
    job.take(1)
    job.settle()
    assert sorted(committed(name)) == sorted(set(committed(name))) and len(committed(name)) == 300
    Pace.of[name].allowed = 300
    job.run(lambda: Pace.of[name].allowed == 0)
    job.settle()
    assert len(committed(name)) == 300, "nothing is committed without its checkpoint"
    again = job.restored(1)
    Pace.of[name].allowed = 1 << 40
    again.finish()
    assert Counter(committed(name)) == Counter(range(1000))
    again.close()


def test_a_barrier_comes_behind_what_a_blocked_source_has_emitted(name: str) -> None:
    job = Running(pipeline(name), bound=16)
    source = job.heads[0]
    consumers = [t for t in job.tasks.values() if t is not source]
    job.runner.tasks.clear()
    job.runner.tasks.append(source)
    for _ in range(50):
        job.runner.run_once(0)
    assert source._is_blocked()
    sent = source.metrics().records_out
    assert 0 < sent < 1000
    job.trigger(1)
    job.run(lambda: len(job.acks(1)) == 1)
    job.runner.tasks.extend(consumers)
    Pace.of[name].allowed = 0
    job.run(lambda: job.acked(1))
    job.complete(1)
    job.settle()
    assert sorted(committed(name)) == list(range(sent))
    again = job.restored(1)
    Pace.of[name].allowed = 1 << 40
    again.finish()
    assert sorted(committed(name)) == list(range(1000))
    again.close()


def test_what_cannot_be_written_declines_and_the_task_goes_on(name: str) -> None:
    job = Running(pipeline(name))
    job.files.error = OSError("No space left on device")
    job.trigger(1)
    job.run(lambda: len(job.declined(1)) == 3)
    declined = job.declined(1)[0]
    assert "No space left on device" in declined.failure.message
    assert declined.failure.task_name is not None and declined.failure.task_name.endswith("(1/1)#0")
    job.abort(1)
    job.files.error = None
    job.take(2)
    job.finish()
    assert sorted(committed(name)) == list(range(1000))
    assert job.files.released >= 6
    job.close()


class Unsnappable(CountingSink):
    def create_writer(self, context: Any) -> Any:
        writer = super().create_writer(context)

        def fails() -> list[Any]:
            raise RuntimeError("cannot be told")

        writer.snapshot = fails  # type: ignore[method-assign]
        return writer


def test_an_operator_that_cannot_be_snapshotted_declines(name: str) -> None:
    builder = JobBuilder()
    builder.vertex(SourceSpec(PacedSource(range(10), name)), SinkSpec(Unsnappable(name)))
    Pace.of[name].may_end = False
    job = Running(builder.build())
    job.trigger(1)
    job.run(lambda: bool(job.declined(1)))
    (declined,) = job.declined(1)
    assert declined.failure.message == "RuntimeError: cannot be told (in operator 'Sink')"
    assert "fails" in declined.failure.traceback
    assert all(t.state is ExecutionState.RUNNING for t in job.tasks.values())
    assert not job.acks(1)
    job.close()


def test_an_abort_stops_an_upload_and_removes_what_was_written(name: str) -> None:
    Pace.of[name].may_end = False
    job = Running(pipeline(name))
    job.files.may_write.clear()
    job.trigger(1)
    job.settle()
    job.abort(1)
    job.settle()
    job.files.may_write.set()
    job.run(lambda: job.files.released == 3)
    assert not job.answers and not job.files.written
    # and one that was written
    job.trigger(2)
    job.run(lambda: job.acked(2))
    assert len(job.files.written) == 3
    job.abort(2)
    job.run(lambda: not job.files.written)
    # a barrier that comes behind its abort is passed on, and nothing is kept of it
    job.abort(3)
    job.settle()
    job.trigger(3)
    job.take(4)
    job.close()
    assert not job.acks(3) and not job.declined(3)


def test_ended_tasks_wait_for_a_checkpoint_that_began_behind_their_end(name: str) -> None:
    job = Running(pipeline(name, range(10)))
    job.files.may_write.clear()
    Pace.of[name].allowed = 5
    job.run(lambda: Pace.of[name].allowed == 0)
    job.trigger(1)
    job.settle()
    Pace.of[name].allowed = 100
    job.files.may_write.set()
    job.run(lambda: len(job.exhausted) == 3 and job.acked(1))
    job.complete(1)
    job.settle()
    assert all(t.state is ExecutionState.RUNNING for t in job.tasks.values()), "their snapshots were taken before"
    assert {a.state.ended for a in job.acks(1).values()} == {False}
    job.trigger(2)
    job.run(lambda: job.acked(2))
    assert {a.state.ended for a in job.acks(2).values()} == {True}
    job.settle()
    assert not job.is_over
    job.complete(2)
    job.run(lambda: job.is_over)
    assert all(t.state is ExecutionState.FINISHED for t in job.tasks.values())
    assert sorted(committed(name)) == list(range(10))
    job.close()


def test_without_checkpointing_tasks_finish_at_once_and_a_savepoint_is_possible(name: str) -> None:
    Pace.of[name].allowed = 5
    job = Running(pipeline(name, range(10)), is_on=False)
    job.run(lambda: Pace.of[name].allowed == 0)
    job.trigger(1, savepoint=True)
    job.run(lambda: job.acked(1))
    Pace.of[name].allowed = 100
    job.run(lambda: job.is_over)
    assert job.exhausted == []
    assert sorted(committed(name)) == list(range(10))
    job.close()


def test_finished_and_ended_tasks_are_restored_as_such(name: str) -> None:
    """The source has ended, its consumers are behind: they are restored with all that is under way."""
    job = Running(pipeline(name, range(100)), bound=1000)
    source, *consumers = job.tasks.values()
    job.runner.tasks[:] = [source]
    job.run(lambda: len(job.exhausted) == 1)
    job.trigger(1)
    job.run(lambda: len(job.acks(1)) == 1)
    job.runner.tasks[:] = [source, *consumers]
    job.run(lambda: job.acked(1))
    job.complete(1)
    job.run(lambda: source.state is ExecutionState.FINISHED)
    again = job.restored(1)
    again.run(lambda: next(iter(again.tasks.values())).state is ExecutionState.FINISHED)
    again.finish()
    assert sorted(committed(name)) == list(range(100))
    again.close()


def test_what_an_ended_sink_had_not_committed_is_committed_by_its_restore(name: str) -> None:
    job = Running(pipeline(name, range(100)))
    job.run(lambda: len(job.exhausted) == 3)
    job.trigger(1)
    job.run(lambda: job.acked(1))
    assert committed(name) == []
    again = job.restored(1)
    # no checkpoint is needed any more
    again.run(lambda: again.is_over)
    assert sorted(committed(name)) == list(range(100))
    assert again.exhausted == [] and again.answers == []
    again.close()


def test_a_suspended_job_processes_nothing_behind_the_savepoint(name: str) -> None:
    Pace.of[name].most = 10
    job = Running(pipeline(name), bound=32)
    job.run(lambda: job.heads[0].metrics().records_out >= 100)
    job.trigger(1, savepoint=True, stop="suspend")
    job.run(lambda: job.acked(1))
    sent = job.heads[0].metrics().records_out
    job.settle()
    assert job.heads[0].metrics().records_out == sent < 1000
    assert job.heads[0].wait_time() is None
    job.complete(1)
    job.run(lambda: job.is_over)
    assert all(t.state is ExecutionState.FINISHED for t in job.tasks.values())
    assert sorted(committed(name)) == list(range(sent))
    again = job.restored(1)
    again.finish()
    assert sorted(committed(name)) == list(range(1000))
    again.close()


def test_a_suspended_job_goes_on_when_the_savepoint_is_aborted(name: str) -> None:
    Pace.of[name].most = 10
    job = Running(pipeline(name), bound=32)
    job.run(lambda: job.heads[0].metrics().records_out >= 100)
    job.trigger(1, savepoint=True, stop="suspend")
    job.run(lambda: job.acked(1))
    job.abort(1)
    job.finish()
    assert sorted(committed(name)) == list(range(1000))
    job.close()


def test_a_drained_job_ends_its_input_before_the_savepoint(name: str) -> None:
    Pace.of[name].most = 10
    job = Running(pipeline(name), bound=32)
    job.run(lambda: job.heads[0].metrics().records_out >= 100)
    job.trigger(1, savepoint=True, stop="drain")
    job.run(lambda: job.acked(1))
    sent = job.heads[0].metrics().records_out
    assert sent < 1000
    assert {a.state.ended for a in job.acks(1).values()} == {True}
    assert all(t.metrics().watermark == (1 << 63) - 1 for t in job.tasks.values())
    job.complete(1)
    job.run(lambda: job.is_over)
    assert sorted(committed(name)) == list(range(sent))
    job.close()


def test_the_parts_of_a_finished_job_are_measured(name: str) -> None:
    Pace.of[name].may_end = False
    job = Running(pipeline(name))
    job.trigger(1, timestamp=int(time.time() * 1000) - 5000)
    job.run(lambda: job.acked(1))
    for ack in job.acks(1).values():
        assert 4990 <= ack.metrics.start_delay < 60_000, "two clocks"
        assert ack.state.size > 0 and ack.attempt == 0 and ack.time > 0
    job.close()


def test_a_failed_commit_fails_its_task(name: str) -> None:
    builder = JobBuilder()
    builder.vertex(source_of(range(10)), SinkSpec(Refusing(name)))
    job = Running(builder.build())
    job.run(lambda: len(job.exhausted) == 1)
    job.trigger(1)
    job.run(lambda: job.acked(1))
    job.complete(1)
    job.run(lambda: job.is_over)
    (task,) = job.tasks.values()
    assert task.failure is not None and "the bucket is gone" in task.failure.message
    job.close()


class Refusing(CountingSink):
    def commit(self, committables: Any) -> None:
        raise RuntimeError("the bucket is gone")


def test_collected_records_end_with_a_stopped_job(name: str) -> None:
    builder = JobBuilder()
    builder.vertex(SourceSpec(PacedSource(range(10), name)), CollectSpec("c"))
    Pace.of[name].may_end = False
    job = Running(builder.build())
    job.run(lambda: len(job.records()) == 10)
    job.take(1, stop="suspend", savepoint=True)
    job.run(lambda: job.is_over)
    assert job.collectors["c"].ended
    job.close()


class Slow(AsyncFunction[int, int]):
    """Answers when it is let."""

    async def async_invoke(self, value: int) -> list[int]:
        while not transactions.OPEN:
            await asyncio.sleep(0.001)
        return [value]


def test_what_waits_for_asynchronous_results_is_part_of_the_snapshot(name: str) -> None:
    transactions.OPEN.clear()
    builder = JobBuilder()
    source = builder.vertex(
        SourceSpec(PacedSource(range(50), name)),
        AsyncWaitSpec(Slow(), 0, 100, NO_RETRY_STRATEGY, True),
        MapSpec(lambda v: v),
    )
    builder.edge(source, builder.vertex(SinkSpec(CountingSink(name))), "REBALANCE")
    Pace.of[name].allowed = 20
    job = Running(builder.build())
    job.run(lambda: Pace.of[name].allowed == 0)
    # some are under way, and the barrier does not wait for them
    job.take(1)
    job.settle()
    assert committed(name) == []
    again = job.restored(1)
    Pace.of[name].allowed = 1000
    again.run(lambda: again.heads[0]._end.input_ended)
    # at the end it does: what is emitted then has to be ahead of it
    again.trigger(2)
    again.settle()
    assert not again.acks(2)
    transactions.OPEN.append(True)
    again.run(lambda: again.acked(2))
    assert {a.state.ended for a in again.acks(2).values()} == {True}
    again.complete(2)
    again.run(lambda: again.is_over)
    assert sorted(committed(name)) == list(range(50))
    again.close()
