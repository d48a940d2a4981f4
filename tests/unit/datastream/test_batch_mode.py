"""Batch jobs in this process: what Flink's BATCH mode does to keyed functions, beyond the recorded programs."""

from collections.abc import Iterator
from typing import Any

import pytest

from penstock.common import Configuration, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import KeyedProcessFunction, RuntimeContext, RuntimeExecutionMode, StreamExecutionEnvironment
from penstock.datastream.state import ListStateDescriptor


class Times(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class Endless(KeyedProcessFunction):
    """Would never end if a timer could set the next one."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.LONG()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        self.seen.add(value[1])
        ctx.timer_service().register_processing_time_timer(1)
        ctx.timer_service().register_event_time_timer(1)
        yield from ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        ctx.timer_service().register_processing_time_timer(timestamp + 1)
        ctx.timer_service().register_event_time_timer(timestamp + 1)
        yield ctx.get_current_key(), ctx.time_domain().name, list(self.seen.get() or ())


def environment(parallelism: int, **settings: str) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment(Configuration.from_dict(settings))
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    return env.set_parallelism(parallelism)


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
@pytest.mark.parametrize("records_in_memory", ["2", "1000000"])
@pytest.mark.parametrize("parallelism", [1, 3])
def test_one_key_after_the_other(parallelism: int, records_in_memory: str, backend: str) -> None:
    env = environment(
        parallelism,
        **{"penstock.batch.records-in-memory": records_in_memory, "state.backend.type": backend},
    )
    data = [(i % 4, i * 7 % 40) for i in range(40)]
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
    stream = env.from_collection(data).assign_timestamps_and_watermarks(strategy)
    with stream.key_by(lambda v: v[0]).process(Endless()).execute_and_collect() as results:
        found = sorted(results)
    seen = {key: sorted(time for k, time in data if k == key) for key in range(4)}
    assert found == sorted((key, domain, seen[key]) for key in range(4) for domain in ("EVENT_TIME", "PROCESSING_TIME"))


def test_keys_that_are_equal_are_one() -> None:
    env = environment(1)
    stream = env.from_collection([(1, 5), (True, 3), (1.0, 4)])
    with stream.key_by(lambda v: v[0]).process(Endless()).execute_and_collect() as results:
        assert [seen for _, _, seen in results] == [[5, 3, 4], [5, 3, 4]]


def test_records_that_do_not_fit_into_memory_have_to_be_picklable() -> None:
    env = environment(1, **{"penstock.batch.records-in-memory": "2"})
    stream = env.from_collection([1, 2, 3]).map(lambda v: (v, lambda: v)).key_by(lambda v: v[0])
    with pytest.raises(Exception, match="pickle"), stream.process(Endless()).execute_and_collect() as results:
        list(results)
