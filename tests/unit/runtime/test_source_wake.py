"""A reader that wakes its task is polled at once, however long the task would have waited."""

from typing import Any

import pytest

from penstock.operators.specs import CollectSpec, ReaderContext, SourceSpec
from penstock.runtime.poll_size import PollSize
from tests.job_builder import JobBuilder
from tests.unit.runtime.test_slot_runner import Waiting, start

READERS: list["Woken"] = []


class Woken(Waiting):
    def __init__(self) -> None:
        self.polls = 0
        self.context = ReaderContext(0, 1)

    def create_reader(self, context: ReaderContext) -> "Woken":
        self.context = context
        READERS.append(self)
        return self

    def poll(self, max_records: int) -> list[Any]:
        self.polls += 1
        return []


def test_a_reader_that_has_records_is_polled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PollSize, "retry", lambda self: 1000.0)
    job = JobBuilder()
    job.vertex(SourceSpec(Woken()), CollectSpec("c"))
    READERS.clear()
    runner, tasks, _ = start(job.build())
    (task,), (reader,) = tasks.values(), READERS
    try:
        task.step()
        task.step()
        assert reader.polls == 1, "it waits"
        reader.context.wake()
        assert task.wait_time() == 0.0
        task.step()
        task.step()
        assert reader.polls == 2
        assert (task.wait_time() or 0.0) > 100, "it waits again"
    finally:
        runner.close()
