from typing import Any

import pytest

from penstock.exchange.channel import InputChannel
from penstock.exchange.credit import CreditRow
from penstock.exchange.elements import (
    CancelCheckpoint,
    CheckpointBarrier,
    EndOfInput,
    RecordBatch,
    Watermark,
    WatermarkStatus,
)
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.header import Kind, unpack_header
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.output_writer import OutputWriter
from penstock.exchange.remote_channel import LogEntry, RemoteChannel
from penstock.exchange.serialization import loads


# -- the consumer's knowledge of a channel -----------------------------------------------------------------------------
def test_records_count_once() -> None:
    channel = InputChannel("c", 0)
    assert channel.take(3, 3) == 0
    assert channel.take(3, 3) is None
    assert channel.take(5, 4) == 2
    assert channel.taken == 5
    with pytest.raises(ExchangeLost, match="c: records 6 to 6 are missing"):
        channel.take(8, 2)


def test_a_control_entry_counts_at_the_channels_position_only() -> None:
    channel = InputChannel("c", 0, taken=5)
    assert channel.counts(5)
    assert not channel.counts(4)
    with pytest.raises(ExchangeLost, match="records 6 to 7 are missing"):
        channel.counts(7)


def test_a_replayed_status_does_not_count() -> None:
    channel = InputChannel("c", 0, taken=5, ordinal=3)
    assert channel.status_counts(5, 4, False)
    assert not channel.status_counts(5, 3, True)
    assert not channel.status_counts(4, 9, True)


def test_a_restarted_producer_repeats_its_statuses_and_what_it_says_beyond_them_counts() -> None:
    channel = InputChannel("c", 0, taken=5, attempt=(1, 0))
    assert channel.status_counts(5, 7, False)
    assert channel.status_counts(5, 8, True)
    assert not channel.is_stale((1, 1))
    assert not channel.status_counts(4, 1, False), "behind what was taken"
    assert not channel.status_counts(5, 2, False), "said before"
    assert not channel.status_counts(5, 3, True), "said before"
    assert channel.status_counts(5, 4, False)
    assert channel.settled_status() is None
    channel.take(6, 1)
    assert channel.status_counts(6, 5, True)


def test_at_a_barrier_a_restarted_producer_is_what_it_last_said() -> None:
    channel = InputChannel("c", 0, taken=5, attempt=(1, 0))
    assert channel.status_counts(5, 1, False)
    assert channel.status_counts(5, 2, True)
    assert not channel.is_stale((1, 1))
    assert not channel.status_counts(5, 1, False)
    assert channel.settled_status() is False
    assert channel.settled_status() is None


def test_a_channel_of_an_older_version_is_read() -> None:
    channel = InputChannel("c", 0, taken=5)
    del channel.said_at, channel.repeated
    assert channel.copied() == InputChannel("c", 0, taken=5)


def test_an_end_must_agree_with_what_was_taken() -> None:
    channel = InputChannel("c", 0, taken=5)
    with pytest.raises(ExchangeLost, match="ended after 4 records, but 5 were taken"):
        channel.end(4)
    assert channel.end(5)
    assert not channel.end(5)


def test_an_older_attempt_is_stale_and_attempts_order_by_epoch_first() -> None:
    channel = InputChannel("c", 0)
    assert not channel.is_stale((1, 4))
    assert not channel.is_stale((2, 0))
    assert channel.is_stale((1, 5))
    assert channel.attempt == (2, 0)


# -- a producer's end through a log ------------------------------------------------------------------------------------
class Recorded:
    """A RemoteChannel and what it appended."""

    def __init__(self, settled: bool = True, **options: Any) -> None:
        self.entries: list[LogEntry] = []
        self.blocked: list[bool] = []
        self.channel = RemoteChannel(
            7, (1, 0), "e", ExchangeOptions(**options), self.entries.append, self.blocked.append
        )
        if settled:
            self.channel.credited(CreditRow())

    def kinds(self) -> list[Kind]:
        return [Kind(unpack_header(e.header).kind) for e in self.entries]

    def values(self) -> list[Any]:
        return [v for e in self.entries if e.size for v in loads(e.payload).values]


def test_control_elements_stay_behind_the_records() -> None:
    sent = Recorded()
    sent.channel.emit([1, 2], None, None)
    assert sent.channel.is_buffering and not sent.entries
    sent.channel.control(CheckpointBarrier(1))
    sent.channel.emit([3], None, None)
    sent.channel.control(EndOfInput())
    assert sent.kinds() == [Kind.DATA, Kind.BARRIER, Kind.DATA, Kind.END]
    headers = [unpack_header(e.header) for e in sent.entries]
    assert [(h.seq, h.ordinal) for h in headers] == [(2, 0), (2, 1), (3, 1), (3, 2)]
    assert {(h.channel, h.epoch, h.attempt) for h in headers} == {(7, 1, 0)}


def test_nothing_is_appended_before_the_first_credit_row() -> None:
    sent = Recorded(settled=False)
    sent.channel.restore(10, 0)
    sent.channel.emit([11, 12], None, None)
    sent.channel.control(CheckpointBarrier(1))
    assert not sent.entries and sent.blocked == [True]
    sent.channel.credited(CreditRow(taken=12))
    assert sent.kinds() == [Kind.BARRIER], "records that were taken are not appended again"
    assert sent.blocked == [True, False]


def test_what_exceeds_the_credit_is_parked_in_order() -> None:
    sent = Recorded(credit=100, entry_records=1)
    for n in range(6):
        sent.channel.emit([bytes(50) + bytes([n])], None, None)
    sent.channel.control(EndOfInput())
    assert sent.kinds() == [Kind.DATA] and sent.blocked == [True]
    for seq in range(1, 7):
        sent.channel.credited(CreditRow(taken=seq))
    assert [v[-1] for v in sent.values()] == [0, 1, 2, 3, 4, 5]
    assert sent.kinds()[-1] == Kind.END and sent.blocked == [True, False]


def test_watermarks_wait_for_the_one_before_to_be_read_unless_something_else_follows() -> None:
    sent = Recorded()
    for t in (1, 2, 3):
        sent.channel.control(Watermark(t))
    assert sent.kinds() == [Kind.WATERMARK]
    sent.channel.credited(CreditRow(ordinal=1))
    assert sent.kinds() == [Kind.WATERMARK] * 2
    sent.channel.control(Watermark(4))
    sent.channel.control(WatermarkStatus(False))
    assert sent.kinds() == [Kind.WATERMARK, Kind.WATERMARK, Kind.WATERMARK, Kind.STATUS]


def test_a_batch_far_too_large_is_cut() -> None:
    sent = Recorded(entry_size=1000, credit=1 << 20)
    sent.channel.emit([bytes(1000)] * 1 + [bytes([n]) * 2000 for n in range(15)], None, None)
    sent.channel.flush()
    assert len(sent.values()) == 16
    assert all(e.size <= 4000 for e in sent.entries)
    assert [unpack_header(e.header).seq for e in sent.entries][-1] == 16


def test_a_channel_is_drained_when_redis_has_everything() -> None:
    sent = Recorded()
    assert sent.channel.is_drained
    sent.channel.emit([1], None, None)
    assert not sent.channel.is_drained
    sent.channel.flush()
    assert not sent.channel.is_drained
    sent.channel.acknowledged()
    assert sent.channel.is_drained


def test_a_newer_attempt_is_noticed() -> None:
    sent = Recorded()
    sent.channel.credited(CreditRow(attempt=(1, 0)))
    assert sent.channel.fence is None
    sent.channel.credited(CreditRow(attempt=(2, 0)))
    assert sent.channel.fence is not None and sent.channel.fence.newest == (2, 0)


# -- a channel in memory -----------------------------------------------------------------------------------------------
def test_a_local_channel_keeps_order_and_joins_small_batches() -> None:
    channel = LocalChannel(0, 1000)
    channel.emit([1, 2], None, None)
    channel.emit([3], None, None)
    channel.control(Watermark(1))
    channel.control(Watermark(2))
    channel.emit([4], None, None)
    assert channel.take() == RecordBatch([1, 2, 3])
    assert channel.take() == Watermark(2)
    assert channel.take() == RecordBatch([4])
    assert channel.take() is None


def test_a_local_channel_blocks_and_tells_when_it_has_room_again() -> None:
    writer = OutputWriter([0], None)
    channel = LocalChannel(0, 4)
    writer.add_local(channel)
    writer.emit(0, [1, 2, 3])
    assert not writer.blocked
    writer.emit(0, [4])
    assert writer.blocked
    channel.take()
    assert not writer.blocked


# -- a writer ----------------------------------------------------------------------------------------------------------
def test_a_writer_lets_go_what_has_waited_long_enough() -> None:
    sent = Recorded()
    writer = OutputWriter([3], 0.1)
    writer.add_remote(sent.channel)
    assert writer.deadline() is None
    writer.emit(0, [1])
    deadline = writer.deadline()
    assert deadline is not None
    writer.flush(deadline - 0.05, idle=False)
    assert not sent.entries
    writer.flush(deadline, idle=False)
    assert sent.values() == [1] and writer.deadline() is None
    writer.emit(0, [2])
    writer.flush(deadline, idle=True)
    assert sent.values() == [1, 2]
    assert writer.sequences() == {3: (2, 0)}


def test_without_a_timeout_only_full_batches_leave_or_everything_when_idle() -> None:
    sent = Recorded(entry_records=4)
    writer = OutputWriter([0], None)
    writer.add_remote(sent.channel)
    writer.emit(0, [1, 2, 3, 4, 5, 6])
    writer.flush(1e12, idle=False)
    assert sent.values() == [1, 2, 3, 4] and writer.deadline() is None
    writer.flush(0.0, idle=True)
    assert sent.values() == [1, 2, 3, 4, 5, 6]


def test_a_cancel_goes_to_channels_in_memory_only() -> None:
    sent, local = Recorded(), LocalChannel(1, 100)
    writer = OutputWriter([0, 1], None)
    writer.add_remote(sent.channel)
    writer.add_local(local)
    writer.broadcast(CancelCheckpoint(4, 1))
    writer.broadcast(CheckpointBarrier(5))
    assert sent.kinds() == [Kind.BARRIER], "the JobMaster writes cancels to the logs itself"
    assert [local.take(), local.take()] == [CancelCheckpoint(4, 1), CheckpointBarrier(5)]
