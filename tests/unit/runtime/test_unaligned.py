"""Unaligned checkpoints step by step: what is in one, and who gets it."""

from typing import Any

import pytest

from penstock.checkpoint.errors import IncompatibleSavepoint
from penstock.graph.compiled import CompiledJob
from penstock.graph.key_groups import key_group, subtask_of
from penstock.operators.specs import MapSpec, SinkSpec, SourceSpec
from tests.job_builder import JobBuilder
from tests.unit.runtime.checkpointing import Running
from tests.unit.runtime.transactions import COMMITTED, CountingSink, Pace, PacedSource, committed


def two_stages(name: str, strategy: str, parallelism: int = 1, records: int = 400) -> CompiledJob:
    """source -> map, sink."""
    Pace.of[name] = Pace(most=10)
    job = JobBuilder()
    source = job.vertex(SourceSpec(PacedSource(range(records), name)), parallelism=1)
    sink = job.vertex(MapSpec(lambda v: v), SinkSpec(CountingSink(name)), parallelism=parallelism)
    if strategy == "HASH":
        job.key_by(source, sink, lambda v: v)
    else:
        job.edge(source, sink, strategy)
    return job.build()


def blocked(name: str, strategy: str = "HASH", parallelism: int = 1, over_logs: bool = True) -> Running:
    """A job whose consumers have taken nothing, and whose source is out of credit."""
    job = Running(two_stages(name, strategy, parallelism), over_logs=over_logs, is_inline=True, bound=20)
    source = job.tasks[job.compiled.graph.vertices[0].id, 0]
    for _ in range(30):
        source.step()
        job.exchange.flush(False)
    assert source._is_blocked()
    return job


def by_vertex(job: Running, place: int, subtask: int = 0) -> tuple[str, int]:
    return job.compiled.graph.vertices[place].id, subtask


@pytest.mark.parametrize("over_logs", [True, False])
def test_a_checkpoint_is_taken_before_a_record_is_processed(over_logs: bool) -> None:
    name = f"unaligned-before-{over_logs}"
    job = blocked(name, over_logs=over_logs)
    sink = job.tasks[by_vertex(job, 1)]
    sink._is_blocked = lambda: True  # type: ignore[method-assign]  # as if it had no credit either
    job.trigger(1, unaligned=True)
    for task in job.tasks.values():
        task.step()
        job.exchange.flush(False)
    sink.step()
    acks = job.acks(1)
    assert set(acks) == set(job.tasks)
    assert sink.metrics().records_in == 0
    found = job.files.channels()
    taken, parked = found[1, *by_vertex(job, 1)].input, found[1, *by_vertex(job, 0)].output
    metrics = acks[by_vertex(job, 1)].metrics
    assert metrics.unaligned and metrics.persisted_bytes == taken.bytes > 0
    assert bool(parked) == over_logs, "only a log has credit that output waits for"
    assert acks[by_vertex(job, 0)].metrics.persisted_bytes == parked.bytes
    again = job.restored(1)
    again.finish()
    again.close()
    assert sorted(committed(name)) == list(range(400))


def test_with_patience_it_stays_aligned_and_without_it_overtakes() -> None:
    for timeout, is_unaligned in ((3_600_000, False), (1, True)):
        job = blocked(f"unaligned-timeout-{timeout}")
        job.trigger(1, unaligned=True, aligned_timeout_ms=timeout)
        sink = job.tasks[by_vertex(job, 1)]
        if is_unaligned:
            sink._is_blocked = lambda: True  # type: ignore[method-assign]
        job.run(lambda job=job: job.acked(1))  # type: ignore[misc]
        assert job.acks(1)[by_vertex(job, 1)].metrics.unaligned == is_unaligned
        assert bool(job.files.channels()[1, *by_vertex(job, 1)].input) == is_unaligned
        job.close()


@pytest.mark.parametrize("strategy", ["HASH", "REBALANCE", "SHUFFLE"])
@pytest.mark.parametrize(("before", "now"), [(1, 3), (3, 1), (2, 3)])
def test_what_is_in_flight_goes_to_new_subtasks(strategy: str, before: int, now: int) -> None:
    name = f"unaligned-{strategy}-{before}-{now}"
    job = blocked(name, strategy, before)
    job.trigger(1, unaligned=True)
    for _ in range(2):
        for task in reversed(job.tasks.values()):
            task.step() if task.vertex != job.compiled.graph.vertices[1].id else task._input.overtaken()  # type: ignore[union-attr]
        job.exchange.flush(False)
    job.run(lambda: job.acked(1))
    assert any(found.input for found in job.files.channels().values())
    again = job.restored(1, two_stages(name, strategy, now))
    again.finish()
    again.close()
    assert sorted(committed(name)) == list(range(400))
    if strategy == "HASH":
        for (subtask, _), values in COMMITTED[name].items():
            assert {subtask_of(key_group(v, 128), now, 128) for v in values} <= {subtask}


@pytest.mark.parametrize("strategy", ["BROADCAST", "FORWARD"])
def test_what_is_bound_to_its_subtask_cannot_be_rescaled(strategy: str) -> None:
    name = f"unaligned-bound-{strategy}"
    job = blocked(name, strategy, 1)
    job.trigger(1, unaligned=True)
    job.run(lambda: job.acked(1))
    again = job.restored(1, two_stages(name, "BROADCAST", 2))
    failures = [t.error for t in again.tasks.values() if t.error is not None]
    again.close()
    assert isinstance(failures[0], IncompatibleSavepoint)
    assert f"in flight on a {strategy} edge" in str(failures[0])


def test_an_aborted_one_leaves_nothing_behind() -> None:
    name = "unaligned-aborted"
    job = blocked(name, parallelism=2)
    job.trigger(1, unaligned=True)
    source: Any = job.tasks[by_vertex(job, 0)]
    source.step()
    job.abort(1)
    job.finish(2)
    assert not job.acks(1) or job.files.released == len(job.answers)
    assert not any(t._checkpoints._waiting for t in job.tasks.values())  # type: ignore[union-attr]
    job.close()
    assert sorted(committed(name)) == list(range(400))
