"""Latency markers: where they go, what is measured, and that nothing else depends on them."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from penstock.client.config.options.metrics import LatencyGranularity
from penstock.exchange.channel import InputChannel
from penstock.exchange.credit import CreditRow
from penstock.exchange.elements import CheckpointBarrier, EndOfInput, LatencyMarker, RecordBatch, Watermark
from penstock.exchange.events import AllEnded, BarrierEvent, BatchEvent, InputEnded, LatencyEvent, WatermarkEvent
from penstock.exchange.header import Kind, unpack_header
from penstock.exchange.input_gate import InputGate
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.remote_channel import LogEntry, RemoteChannel
from penstock.runtime.latency import LatencySettings, TaskLatency, histogram

MARKER = LatencyMarker(1_000, "s" * 32, 3)


class Clock:
    def __init__(self) -> None:
        self.ms, self.seconds = 5_000, 10.0


def latency(clock: Clock, granularity: LatencyGranularity = LatencyGranularity.OPERATOR, **more: Any) -> TaskLatency:
    settings = LatencySettings(2.0, granularity, **more)
    return TaskLatency(settings, ["source", "map", "sink"], 1, lambda: clock.ms, lambda: clock.seconds)


# -- when a source emits -----------------------------------------------------------------------------------------------
def test_a_source_emits_at_the_interval_and_does_not_make_up_for_what_it_missed() -> None:
    clock = Clock()
    tracking = latency(clock)
    assert tracking.wait == 0
    assert tracking.due() == LatencyMarker(5_000, "source", 1)
    assert tracking.due() is None
    assert tracking.wait == 2
    clock.seconds += 7
    assert tracking.due() is not None
    assert tracking.due() is None
    assert tracking.wait == 1


# -- what is measured --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("granularity", "told_apart"),
    [
        (LatencyGranularity.SINGLE, {("", None): 3}),
        (LatencyGranularity.OPERATOR, {("a", None): 2, ("b", None): 1}),
        (LatencyGranularity.SUBTASK, {("a", 0): 1, ("a", 1): 1, ("b", 0): 1}),
    ],
)
def test_the_granularity_says_what_is_told_apart(
    granularity: LatencyGranularity, told_apart: dict[tuple[str, int | None], int]
) -> None:
    clock = Clock()
    tracking = latency(clock, granularity)
    for source, subtask in (("a", 0), ("a", 1), ("b", 0)):
        tracking.passed(1, LatencyMarker(4_990, source, subtask))
    found = tracking.histograms()
    assert {(h.source, h.source_subtask): h.count for h in found} == told_apart
    assert {(h.operator, h.min, h.max) for h in found} == {("map", 10, 10)}


def test_the_histogram_is_of_the_last_markers_and_counts_all() -> None:
    clock = Clock()
    tracking = latency(clock, history=4)
    for ms in (900, 1, 2, 3, 4):
        tracking.passed(2, LatencyMarker(5_000 - ms, "source", 0))
    (found,) = tracking.histograms()
    assert (found.count, found.min, found.max, found.mean, found.p50) == (5, 1, 4, 2.5, 2.5)


def test_quantiles_are_interpolated_as_flinks() -> None:
    found = histogram(range(1, 101), "op")
    assert (found.p50, found.p75, found.p99, found.p999) == (50.5, 75.75, 99.99, 100)
    assert found.stddev == pytest.approx(29.011, abs=0.001)
    alone = histogram([7], "op")
    assert (alone.p50, alone.p999, alone.stddev) == (7, 7, 0)


# -- through a log -----------------------------------------------------------------------------------------------------
def remote(entries: list[LogEntry], **options: Any) -> RemoteChannel:
    channel = RemoteChannel(7, (1, 0), "e", ExchangeOptions(**options), entries.append, lambda _: None)
    channel.credited(CreditRow())
    return channel


def kinds(entries: Iterable[LogEntry]) -> list[Kind]:
    return [Kind(unpack_header(e.header).kind) for e in entries]


def test_a_marker_waits_for_the_batch_that_it_stands_behind() -> None:
    entries: list[LogEntry] = []
    channel = remote(entries)
    channel.mark(MARKER)
    assert kinds(entries) == [Kind.LATENCY]
    channel.credited(CreditRow())
    channel.emit([1, 2], None, None)
    channel.mark(MARKER)
    assert kinds(entries) == [Kind.LATENCY]
    channel.flush()
    assert kinds(entries) == [Kind.LATENCY, Kind.DATA, Kind.LATENCY]


def test_a_consumer_that_reads_nothing_has_one_marker_to_read() -> None:
    entries: list[LogEntry] = []
    channel = remote(entries)
    for _ in range(5):
        channel.mark(MARKER)
    assert kinds(entries) == [Kind.LATENCY]
    channel.credited(CreditRow())  # it says so when it has read one, though no number has changed
    channel.mark(MARKER)
    assert kinds(entries) == [Kind.LATENCY] * 2


def test_markers_have_no_ordinal_so_that_a_replay_without_them_counts_the_same() -> None:
    with_markers: list[LogEntry] = []
    without: list[LogEntry] = []
    marked, plain = remote(with_markers), remote(without)
    for channel in (marked, plain):
        for n in range(20):
            channel.emit([n], None, None)
            if channel is marked:
                channel.credited(CreditRow())
                channel.mark(MARKER)
            channel.control(CheckpointBarrier(n + 1))
        channel.control(EndOfInput())
    rest = [e for e in with_markers if unpack_header(e.header).kind != Kind.LATENCY]
    assert len(with_markers) == len(rest) + 20
    assert rest == without


def test_an_unaligned_barrier_takes_no_marker_into_the_checkpoint() -> None:
    entries: list[LogEntry] = []
    channel = remote(entries, credit=1)
    channel.emit([0], None, None)
    channel.flush()
    channel.emit([1], None, None)
    channel.mark(MARKER)
    overtaken = channel.overtake(CheckpointBarrier(1))
    assert [kind for kind, _ in overtaken] == [Kind.DATA]
    channel.credited(CreditRow(taken=1))
    assert kinds(entries) == [Kind.DATA, Kind.BARRIER, Kind.DATA, Kind.LATENCY]


# -- through a gate ----------------------------------------------------------------------------------------------------
def test_in_memory_a_marker_keeps_its_place_and_changes_no_other_event() -> None:
    def events(fill: Callable[[LocalChannel], None]) -> list[Any]:
        channel = LocalChannel(7, 100)
        gate = InputGate({7: InputChannel("c", 0)}, [channel])
        fill(channel)
        found = []
        while (event := gate.poll()) is not None:
            found.append(event)
        return found

    def plain(channel: LocalChannel, mark: bool = False) -> None:
        for n in range(3):
            channel.emit([n], None, None)
            if mark:
                channel.mark(MARKER)
            channel.control(Watermark(n))
        channel.control(CheckpointBarrier(1))
        channel.control(EndOfInput())

    marked = events(lambda channel: plain(channel, mark=True))
    assert marked[:3] == [BatchEvent(0, RecordBatch([0])), LatencyEvent(MARKER), WatermarkEvent(0)]
    assert [e for e in marked if not isinstance(e, LatencyEvent)] == events(plain)
    assert [type(e) for e in marked[-3:]] == [BarrierEvent, InputEnded, AllEnded]
