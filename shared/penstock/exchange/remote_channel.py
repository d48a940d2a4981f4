"""The producing end of a channel that leads through an input log. Decides what is appended and when; sends nothing
itself."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.exchange.batch_size import BatchSize
from penstock.exchange.credit import CreditRow, ProducerCredit
from penstock.exchange.elements import (
    MIN_TIMESTAMP,
    CheckpointBarrier,
    Control,
    LatencyMarker,
    RecordBatch,
    Watermark,
)
from penstock.exchange.fork_check import ForkCheck
from penstock.exchange.header import NO_ATTEMPT, Attempt, Header, Kind, encode_control, kind_of
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.record_buffer import RecordBuffer
from penstock.exchange.serialization import BatchSerializer

#: a batch so many times larger than it should be is cut in two
_TOO_LARGE = 4
#: bytes; Redis ends the connection for a string of more than 512 MB
_LARGEST_RECORD = 500 << 20


class LogEntry(NamedTuple):
    """An entry on its way into a log. `size` counts for credit: 0 for a control entry."""

    header: bytes
    payload: bytes
    seq: int
    size: int
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Fence:
    """A consumer has seen this attempt, which is newer than the producer's own."""

    newest: Attempt


class RemoteChannel:
    """`append` takes an entry for good, in order; `on_blocked` is told when credit is out and when it is back. `holds`:
    whether no records are appended where the consumer withholds its credit.

    Nothing is appended until the first credit row is known: a restored producer may be behind what was taken already.
    """

    def __init__(
        self,
        channel: int,
        attempt: Attempt,
        edge: str,
        options: ExchangeOptions,
        append: Callable[[LogEntry], None],
        on_blocked: Callable[[bool], None],
        task_local: bool = False,
        holds: Callable[[], bool] = lambda: False,
    ) -> None:
        self.channel = channel
        self.sequence = self.ordinal = self.bytes_out = 0
        self.fence: Fence | None = None
        self._attempt = attempt
        self._append, self._on_blocked = append, on_blocked
        self._buffer = RecordBuffer()
        self._serializer = BatchSerializer(edge)
        self._largest = _TOO_LARGE * options.entry_size
        self._size = BatchSize(options.entry_size, options.entry_records)
        self._credit = ProducerCredit(options.credit)
        self._parked: deque[LogEntry] = deque()
        self._settled = self._out_of_credit = self._stalled = self._blocked = False
        self._watermark: int | None = None  #: held back while an earlier one is unread
        self._watermark_ordinal = self._ordinal_taken = 0
        self._marker: LatencyMarker | None = None  #: goes behind the next batch
        self._marker_unread = False  #: nothing was heard of the consumer since one was sent
        self._unanswered = 0
        self._edge = edge
        self._gone = (0, 0)  #: sequence and ordinal of the last entry that was let go
        self.is_task_local = task_local
        self._is_seen = not task_local  #: whether the consumer has come to this attempt's first entry
        self._holds, self._withheld = holds, False
        self.check: ForkCheck | None = None  #: of what a restarted attempt makes again

    @property
    def is_buffering(self) -> bool:
        return bool(self._buffer.values)

    @property
    def is_settled(self) -> bool:
        """Whether the first credit row is known."""
        return self._settled

    @property
    def is_waiting(self) -> bool:
        """Whether credit would let something go on."""
        return bool(self._parked) or self._watermark is not None

    @property
    def is_drained(self) -> bool:
        """Whether everything emitted is in the log."""
        return not (self._buffer.values or self._parked or self._unanswered) and self._watermark is None

    @property
    def is_caught_up(self) -> bool:
        return self._settled and self._is_seen and self.sequence >= self._credit.taken

    # -- the task's side ---------------------------------------------------------------------------------------------
    def emit(self, values: list[Any], timestamps: list[int | None] | None, keys: list[Any] | None) -> None:
        buffer = self._buffer
        buffer.add(values, timestamps, keys)
        while len(buffer) >= self._size.records:
            self._send_batch(buffer.take(self._size.records))
            if self._marker is not None:
                self._send_marker()

    def flush(self) -> None:
        """Let go what is buffered."""
        while self._buffer.values:
            self._send_batch(self._buffer.take(self._size.records))
        if self._marker is not None:
            self._send_marker()

    def mark(self, marker: LatencyMarker) -> None:
        """Send a latency marker behind everything emitted, as soon as that goes by itself: what it measures includes
        the buffer timeout. While one waits for that, or is unread, later ones are dropped: a consumer that reads
        nothing must not have them pile up, which no credit bounds."""
        if self._marker is None and not self._marker_unread:
            self._marker = marker
            if not self._buffer.values:
                self._send_marker()

    def control(self, element: Control) -> None:
        """Send a control element behind everything emitted. A watermark waits, and is replaced by later ones, while
        the one before it is unread; anything else takes the waiting one along."""
        if isinstance(element, Watermark):
            self._watermark = element.timestamp
            self._send_watermark()
            return
        self.flush()
        if self._watermark is not None:
            self._send_watermark(forced=True)
        self._send_control(element)

    def overtake(self, barrier: CheckpointBarrier) -> list[tuple[int, bytes]]:
        """Send a barrier, ahead of what is parked for lack of credit, which is returned as (kind, payload): it belongs
        to the checkpoint, and is sent later, behind the barrier."""
        self.flush()
        if self._watermark is not None:
            self._send_watermark(forced=True)
        if not self._parked:
            self._send_control(barrier)
            return []
        kinds = [(kind_of(entry.header), entry.payload) for entry in self._parked]
        kind, payload = encode_control(barrier)
        # in the log it stands behind what was let go: there the consumer compares its position with what it has taken
        seq, ordinal = self._gone
        header = Header(self.channel, *self._attempt, kind, self._serializer.serializer, seq, ordinal)
        entry = LogEntry(header.pack(), payload, seq, 0, ordinal)
        if self._settled:
            self._let_go(entry)
        else:
            self._parked.appendleft(entry)
        # the end is said again by who had ended; an older barrier means nothing any more
        return [(kind, payload) for kind, payload in kinds if kind in (Kind.DATA, Kind.WATERMARK, Kind.STATUS)]

    def restore(self, sequence: int, ordinal: int) -> None:
        """Count on from a snapshot."""
        self.sequence, self.ordinal = self._gone = (sequence, ordinal)

    def announce(self) -> None:
        """Tell the consumer of this attempt, before anything else; with task-local failover. What an attempt before
        has in the log behind this counts no more, so that `is_caught_up` cannot come too early."""
        if self.is_task_local:
            self._send_control(Watermark(MIN_TIMESTAMP))

    # -- the link's side ---------------------------------------------------------------------------------------------
    def acknowledged(self) -> None:
        """An entry that was appended is in the log."""
        self._unanswered -= 1

    def credited(self, row: CreditRow) -> None:
        """What the consumer has published; an old row changes nothing."""
        if row.attempt > self._attempt:
            self.fence = Fence(row.attempt)
        if self.is_task_local and not self._settled and NO_ATTEMPT < row.attempt < self._attempt:
            self.check = ForkCheck(self.channel, self._gone[0], self._attempt, self._edge)
        self._settled = True
        self._marker_unread = False
        self._credit.taken_upto(row.taken)
        if not self.is_task_local or row.attempt == self._attempt:
            self._is_seen = True
            self._ordinal_taken = max(self._ordinal_taken, row.ordinal)
        self._withheld = row.withheld and self._holds()
        while self._parked and self._may_append(self._parked[0]):
            self._let_go(self._parked.popleft())
        if self._withheld:
            self._let_barriers_go()
        if not self._parked:
            self._out_of_credit = False
            self._tell_blocked()
        if self._watermark is not None:
            self._send_watermark()

    def stalled(self, stalled: bool) -> None:
        """The log's Redis answers nothing, or answers again."""
        self._stalled = stalled
        self._tell_blocked()

    # -- inside ------------------------------------------------------------------------------------------------------
    def _send_batch(self, batch: RecordBatch) -> None:
        payload = self._serializer.dumps(batch)
        records, size = len(batch), len(payload)
        self._size.measured(records, size)
        if size > self._largest and records > 1:
            first, half = RecordBuffer(), records // 2
            first.add(batch.values, batch.timestamps, batch.keys)
            self._send_batch(first.take(half))
            self._send_batch(first.take(records))
            return
        if size > _LARGEST_RECORD:
            raise ValueError(
                f"edge {self._edge}: a record of {size} bytes pickled; Redis takes {_LARGEST_RECORD}. "
                "Send a reference to it"
            )
        self.sequence += records
        self.bytes_out += size
        self._send(self._entry(Kind.DATA, payload, size))

    def _send_watermark(self, forced: bool = False) -> None:
        if self._watermark_ordinal > self._ordinal_taken and not forced:
            return
        self.flush()
        assert self._watermark is not None
        timestamp, self._watermark = self._watermark, None
        self._send_control(Watermark(timestamp))
        self._watermark_ordinal = self.ordinal

    def _send_control(self, element: Control) -> None:
        kind, payload = encode_control(element)
        self.ordinal += 1
        self._send(self._entry(kind, payload, 0))

    def _send_marker(self) -> None:
        assert self._marker is not None
        kind, payload = encode_control(self._marker)
        self._marker, self._marker_unread = None, True
        # with the ordinal of the last control entry: a replay that marks at other places counts the same
        self._send(self._entry(kind, payload, 0))

    def _entry(self, kind: Kind, payload: bytes, size: int) -> LogEntry:
        header = Header(
            self.channel, *self._attempt, kind, self._serializer.serializer, self.sequence, self.ordinal
        ).pack()
        return LogEntry(header, payload, self.sequence, size, self.ordinal)

    def _send(self, entry: LogEntry) -> None:
        if not self._parked and self._may_append(entry):
            self._let_go(entry)
            return
        self._parked.append(entry)
        if self._withheld and not entry.size:
            self._let_barriers_go()
        if entry.size:
            self._out_of_credit = True
            self._tell_blocked()

    def _tell_blocked(self) -> None:
        blocked = self._out_of_credit or self._stalled
        if blocked != self._blocked:
            self._blocked = blocked
            self._on_blocked(blocked)

    def _may_append(self, entry: LogEntry) -> bool:
        if not self._settled:
            return False
        if not entry.size:
            return True
        if self._withheld:
            return entry.seq <= self._credit.taken
        return self._credit.allows(entry.size)

    def _let_barriers_go(self) -> None:
        """A consumer withholds credit until a checkpoint is complete: its barriers take along what is parked before
        them, of one call of the task at most."""
        barriers = [n for n, e in enumerate(self._parked, 1) if kind_of(e.header) == Kind.BARRIER]
        if self._settled and barriers:
            for _ in range(barriers[-1]):
                self._let_go(self._parked.popleft())

    def _let_go(self, entry: LogEntry) -> None:
        self._gone = (entry.seq, entry.ordinal)
        if entry.size:
            if self.check is not None:
                self._compare(self.check, entry)
            if entry.seq <= self._credit.taken:
                return  # a replay made it again
            self._credit.sent(entry.seq, entry.size)
        self._unanswered += 1
        self._append(entry)

    def _compare(self, check: ForkCheck, entry: LogEntry) -> None:
        check.made(entry.seq, entry.payload)
        if check.is_over:
            self.check = None
