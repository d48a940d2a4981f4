"""Barriers that overtake: seen ahead of where a gate's task is, and what is in flight between the two.

The gate goes on as if nothing had happened; a recording copies what lies before the barriers that are still to be
seen (docs/checkpoints.md, "Unaligned").
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from penstock.exchange.channel import InputChannel
from penstock.exchange.elements import (
    CancelCheckpoint,
    CheckpointBarrier,
    Element,
    EndOfInput,
    RecordBatch,
    Watermark,
    WatermarkStatus,
)
from penstock.exchange.header import Header, Kind, decode_control, encode_control, unpack_header
from penstock.exchange.input_log import Entry, InputLog
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.serialization import BatchSerializer

#: of an element that concerns the whole input: its status, merged already and not handed over yet
WHOLE_INPUT = -1


class InFlight(NamedTuple):
    """An element between a task and a barrier, as it would stand in a log."""

    channel: int
    kind: int
    payload: bytes


class Recording:
    """What is in flight for one checkpoint. `channels`: those whose barrier was not seen yet, as they are now.

    Within a generation entries come twice only by a repeated append, so whole: a sequence seen covers the entry.
    """

    def __init__(self, checkpoint: int, since: float, channels: Mapping[int, InputChannel]) -> None:
        self.checkpoint = checkpoint
        self.elements: list[InFlight] = []
        self.error: Exception | None = None  #: a record in memory that cannot be pickled
        self._since, self._took = since, 0.0
        self._open = set(channels)
        self._taken = {c: s.taken for c, s in channels.items()}
        self._ordinals = {c: s.ordinal for c, s in channels.items()}
        self._attempts = {c: s.attempt for c, s in channels.items()}
        self._serializers: dict[int, BatchSerializer] = {}
        self._note_end()

    @property
    def is_over(self) -> bool:
        """Whether nothing more belongs to it."""
        return not self._open or self.error is not None

    @property
    def seconds(self) -> float:
        """From the first barrier to the last, once it is over."""
        return self._took

    @property
    def bytes(self) -> int:
        return sum(len(e.payload) for e in self.elements)

    def entry(self, entry: Entry) -> None:
        """The next entry of the log that was not looked at."""
        _, raw, payload = entry
        header = unpack_header(raw)
        channel = header.channel
        if channel not in self._open or not self._is_new(header):
            return
        match header.kind:
            case Kind.DATA | Kind.WATERMARK | Kind.STATUS:
                self.elements.append(InFlight(channel, header.kind, payload))
            case _:
                self._control(channel, decode_control(header, payload))

    def element(self, channel: int, element: Element) -> None:
        """The next element of a channel in memory."""
        if channel in self._open:
            if isinstance(element, RecordBatch):
                self.batch(channel, element)
            else:
                self._control(channel, element)

    def batch(self, channel: int, batch: RecordBatch) -> None:
        """Records in memory: pickled now, for what has them next may change them."""
        serializer = self._serializers.setdefault(channel, BatchSerializer("into an unaligned checkpoint"))
        try:
            self.elements.append(InFlight(channel, Kind.DATA, serializer.dumps(batch)))
        except Exception as e:
            self.error = e

    def _is_new(self, header: Header) -> bool:
        channel, attempt = header.channel, (header.epoch, header.attempt)
        if attempt < self._attempts[channel]:
            return False
        self._attempts[channel] = attempt
        if header.kind == Kind.DATA:
            if header.seq <= self._taken[channel]:
                return False
            self._taken[channel] = header.seq
        elif header.kind in (Kind.WATERMARK, Kind.STATUS):
            if header.ordinal <= self._ordinals[channel]:
                return False
            self._ordinals[channel] = header.ordinal
        return True

    def _control(self, channel: int, element: Element) -> None:
        match element:
            case CheckpointBarrier(checkpoint) if checkpoint >= self.checkpoint:
                self._close(channel)
            case EndOfInput():
                # not recorded: a producer that had ended says so again when it is restored
                self._close(channel)
            case Watermark() | WatermarkStatus():
                self.elements.append(InFlight(channel, *encode_control(element)))
            case CheckpointBarrier() | CancelCheckpoint():
                pass  # of an older checkpoint

    def _close(self, channel: int) -> None:
        self._open.discard(channel)
        self._note_end()

    def _note_end(self) -> None:
        if not self._open:
            self._took = time.monotonic() - self._since


@dataclass(frozen=True, slots=True)
class Seen:
    """The first barrier of a checkpoint, ahead. `since` and `due`, when to overtake, by `time.monotonic`."""

    barrier: CheckpointBarrier
    since: float
    due: float


class LookAhead:
    """Of one gate. Watches what its log reads and what is put into its channels in memory."""

    def __init__(self, log: InputLog | None, local: Iterable[LocalChannel]) -> None:
        self.seen: Seen | None = None
        self.recording: Recording | None = None
        self._log, self._local = log, list(local)
        if log is not None:
            log.on_barrier = self._saw_entry
        for channel in self._local:
            channel.on_barrier = self._saw

    def due(self, done_upto: int) -> Seen | None:
        """The checkpoint that is to be taken now; `done_upto`: those up to it are decided for this gate."""
        seen = self.seen
        if seen is None:
            return None
        if seen.barrier.checkpoint_id <= done_upto:
            self.seen = None
            return None
        return seen if seen.due <= time.monotonic() else None

    def begin(
        self,
        seen: Seen,
        channels: Mapping[int, InputChannel],
        rest: tuple[int, RecordBatch] | None,
        before: Iterable[InFlight],
    ) -> Recording:
        """Record from where the gate is. `channels`: those whose barrier it has not come to; `rest` and `before`: what
        is no longer in them and was not processed."""
        self.stop()
        self.seen = None
        recording = Recording(seen.barrier.checkpoint_id, seen.since, channels)
        if rest is not None:
            recording.batch(*rest)
        recording.elements += before
        for channel in self._local:
            for element in channel.waiting():
                recording.element(channel.channel, element)
        if self._log is not None:
            for entry in self._log.read_ahead():
                recording.entry(entry)
        if not recording.is_over:
            self.recording = recording
            for channel in self._local:
                channel.tap = self._element
            if self._log is not None:
                self._log.tap = self._entry
        return recording

    def stop(self, upto: int | None = None) -> None:
        """Record no more; with `upto` only for a checkpoint up to that one."""
        if self.recording is None or (upto is not None and self.recording.checkpoint > upto):
            return
        self.recording = None
        for channel in self._local:
            channel.tap = None
        if self._log is not None:
            self._log.tap = None

    def _entry(self, entry: Entry) -> None:
        if self.recording is not None:
            self.recording.entry(entry)
            self._stop_if_over(self.recording)

    def _element(self, channel: int, element: Element) -> None:
        if self.recording is not None:
            self.recording.element(channel, element)
            self._stop_if_over(self.recording)

    def _stop_if_over(self, recording: Recording) -> None:
        if recording.is_over:
            self.stop()

    def _saw_entry(self, raw: bytes, payload: bytes) -> None:
        element = decode_control(unpack_header(raw), payload)
        if isinstance(element, CheckpointBarrier):
            self._saw(element)

    def _saw(self, barrier: CheckpointBarrier) -> None:
        options = barrier.options
        if not (options.unaligned and options.exactly_once):
            return
        if self.seen is not None and barrier.checkpoint_id <= self.seen.barrier.checkpoint_id:
            return
        now, patience = time.monotonic(), options.aligned_timeout_ms / 1000
        if options.timestamp:
            # of the whole checkpoint, as in Flink; never longer, whatever the clocks of two machines say
            patience -= min(patience, max(0.0, time.time() - options.timestamp / 1000))
        self.seen = Seen(barrier, now, now + patience)
