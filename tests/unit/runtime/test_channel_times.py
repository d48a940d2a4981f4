"""Event time over a restore: what was late stays late, and nobody waits for a channel that has ended."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from penstock.datastream.functions import ProcessFunction
from penstock.exchange.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from penstock.exchange.input_gate import InputGate
from penstock.exchange.topology import input_channels
from penstock.graph.compiled import CompiledJob
from penstock.graph.wiring import channel_id
from penstock.operators.specs import CollectSpec, MapSpec, ProcessSpec, SourceSpec
from penstock.runtime.channel_times import restored_times
from penstock.runtime.snapshot import ChannelsSnapshot, ChannelTime, Input, channels_snapshot
from tests.job_builder import JobBuilder, source_of
from tests.unit.runtime.checkpointing import Running
from tests.unit.runtime.transactions import Pace, PacedSource


def fan_in(producers: int, consumers: int = 1) -> CompiledJob:
    job = JobBuilder()
    source = job.vertex(source_of(range(1)), parallelism=producers)
    job.edge(source, job.vertex(MapSpec(str), CollectSpec("c"), parallelism=consumers), "REBALANCE")
    return job.build()


def snapshot_of(times: Sequence[ChannelTime], combined: int) -> ChannelsSnapshot:
    source = fan_in(1).graph.vertices[0].id
    return ChannelsSnapshot({(Input(source, 0), n): t for n, t in enumerate(times)}, combined)


channel_times = st.builds(ChannelTime, st.integers(-100, 100), st.booleans())


@given(st.lists(channel_times, min_size=1, max_size=4), st.integers(-100, 100))
def test_each_channel_has_its_own_time_where_the_wiring_is_the_same(times: list[ChannelTime], combined: int) -> None:
    graph = fan_in(len(times)).graph
    restored = restored_times(graph, [channel_id(0, n) for n in range(len(times))], [snapshot_of(times, combined)])
    assert restored is not None and restored.combined == combined
    assert [restored.watermarks[n] for n in range(len(times))] == [t.watermark for t in times]
    assert restored.idle == {n for n, t in enumerate(times) if t.is_idle}


@given(
    st.lists(
        st.tuples(st.lists(channel_times, min_size=2, max_size=2), st.integers(-100, 100)), min_size=2, max_size=3
    ),
    st.integers(1, 4),
)
def test_after_a_rescale_the_least_counts(former: list[tuple[list[ChannelTime], int]], producers: int) -> None:
    graph = fan_in(producers).graph
    snapshots = [snapshot_of(times, combined) for times, combined in former]
    restored = restored_times(graph, [channel_id(0, n) for n in range(producers)], snapshots)
    assert restored is not None and restored.combined == min(combined for _, combined in former)
    every = [t for times, _ in former for t in times]
    active = [t.watermark for t in every if not t.is_idle]
    least = min(active or [t.watermark for t in every])
    assert set(restored.watermarks.values()) == {least}
    assert bool(restored.idle) == (not active)


def test_an_ended_channel_holds_nothing_back() -> None:
    graph = fan_in(2).graph
    channels = input_channels(graph, graph.vertices[1].id, 0)
    gate = InputGate(channels)
    gate.watermarks.advance(0, 50)
    gate.channels[1].ended = True
    gate.watermarks.end(1)
    taken = ChannelsSnapshot.loads(channels_snapshot(graph, gate.snapshot(), {}).dumps())
    times = restored_times(graph, list(channels), [taken])
    assert times is not None
    assert times.watermarks == {0: 50, 1: MAX_TIMESTAMP} and times.combined == 50


def test_an_edge_that_is_new_and_a_job_that_had_none() -> None:
    graph = fan_in(1).graph
    other = ChannelsSnapshot({(Input("another", 0), 0): ChannelTime(7)}, 7)
    times = restored_times(graph, [0], [other])
    assert times is not None and times.watermarks == {0: 7}
    assert restored_times(graph, [], [ChannelsSnapshot({})]) is None


def test_what_is_no_channel_state_is_named() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        ChannelsSnapshot.loads(b"damaged")
    with pytest.raises(ValueError, match="format 99"):
        ChannelsSnapshot.loads(ChannelsSnapshot({}, MIN_TIMESTAMP, format=99).dumps())


class Stamp(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


class SeesTime(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value, ctx.timer_service().current_watermark()


def test_a_record_that_was_late_before_is_late_after() -> None:
    Pace.of["late"] = Pace(allowed=100, most=10)
    job = JobBuilder()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Stamp())
    source = job.vertex(SourceSpec(PacedSource([*range(100), 5, 6, 7, *range(100, 120)], "late"), strategy))
    job.edge(source, job.vertex(ProcessSpec(SeesTime()), CollectSpec("c")))
    running = Running(job.build())
    consumer = list(running.tasks.values())[1]
    running.run(lambda: consumer.metrics().watermark == 98)
    running.take(1)
    again = running.restored(1)
    assert list(again.tasks.values())[1].metrics().watermark == 98
    Pace.of["late"].allowed = 1000
    again.finish()
    late = dict(again.records())
    assert all(late[n] >= 98 for n in (5, 6, 7))
    again.close()
    del Pace.of["late"]
