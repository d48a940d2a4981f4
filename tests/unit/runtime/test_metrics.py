"""Metrics of functions, by name, and as a task reports them."""

from typing import Any

import pytest

from penstock.datastream.functions import MapFunction, RuntimeContext
from penstock.operators.specs import MapSpec
from penstock.runtime.local import LocalExecutor
from penstock.runtime.metrics import MetricRegistry
from tests.job_builder import collect_of


def test_each_kind_by_its_name() -> None:
    registry = MetricRegistry()
    group = registry.group("Map")
    counter, meter = group.counter("n"), group.add_group("io").meter("reads", 10)
    sizes = group.add_group("kind", "file").distribution("size")
    group.gauge("level", lambda: counter.get_count() * 10)
    group.gauge("broken", lambda: 1 // 0)
    group.gauge("text", lambda: ["x"])
    assert registry.values()["Map.kind.file.size.count"] == 0
    counter.inc()
    counter.inc(5)
    counter.dec(2)
    meter.mark_event()
    meter.mark_event(19)
    for size in (4, 1, 7):
        sizes.update(size)
    assert meter.get_count() == 20
    assert registry.values() == {
        "Map.n": 4,
        "Map.level": 40,
        "Map.broken": "ZeroDivisionError: integer division or modulo by zero",
        "Map.text": "['x']",
        "Map.io.reads.count": 20,
        "Map.io.reads.rate": 2.0,
        "Map.kind.file.size.count": 3,
        "Map.kind.file.size.sum": 12,
        "Map.kind.file.size.min": 1,
        "Map.kind.file.size.max": 7,
        "Map.kind.file.size.mean": 4.0,
    }
    registry.freeze()
    counter.inc()
    assert registry.values()["Map.n"] == 4


def test_a_name_is_one_metric() -> None:
    group = MetricRegistry().group("Map")
    group.counter("n").inc()
    assert group.counter("n").get_count() == 1
    with pytest.raises(ValueError, match=r"metric 'Map.n' is a CountingCounter already"):
        group.meter("n")
    with pytest.raises(ValueError, match="at least 1: 0"):
        group.meter("m", 0)
    with pytest.raises(TypeError, match="gauge 'g' needs a callable"):
        group.gauge("g", 5)  # type: ignore[arg-type]


class Counts(MapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_metrics_group().counter("seen")
        runtime_context.get_metrics_group().gauge("last", lambda: self.last)

    def map(self, value: Any) -> Any:
        self.seen.inc()
        self.last = value
        return value

    def close(self) -> None:
        del self.last


def test_a_task_reports_them_to_its_end() -> None:
    client = LocalExecutor().execute(collect_of(MapSpec(Counts()), values=[7, 8, 9]))
    client.result()
    assert client._runner is not None
    (task,) = client._runner.tasks
    assert task.metrics().user == {
        "Map.seen": 3,
        "Map.last": 9,
        "Source.numRecordsInErrors": 0,
        "Source.sourceIdleTime": 0,
    }
    assert (task.metrics().records_in, task.metrics().records_read) == (0, 3)
