"""All input of one subtask: entries of its log and of its in-memory channels become events, in an order the log
decides."""

import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange.alignment import Aligner, EntryId
from penstock.exchange.barrier_tracker import BarrierTracker
from penstock.exchange.channel import InputChannel
from penstock.exchange.elements import (
    CancelCheckpoint,
    CheckpointBarrier,
    Control,
    EndOfInput,
    LatencyMarker,
    RecordBatch,
    Watermark,
    WatermarkStatus,
)
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.events import (
    Alignment,
    AllEnded,
    BarrierEvent,
    BatchEvent,
    CancelEvent,
    GateEvent,
    InputEnded,
    LatencyEvent,
    StatusEvent,
)
from penstock.exchange.gate_snapshot import GateSnapshot
from penstock.exchange.header import (
    JOBMASTER_CHANNEL,
    NO_ATTEMPT,
    Kind,
    decode_control,
    encode_control,
    unpack_header,
)
from penstock.exchange.input_log import InputLog, parse_id
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.retention import Retention
from penstock.exchange.serialization import decode_element
from penstock.exchange.unaligned import WHOLE_INPUT, InFlight, LookAhead, Recording
from penstock.exchange.watermarks import WatermarkMerger


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A checkpoint to be taken ahead of its barriers."""

    event: BarrierEvent
    recording: Recording


@dataclass(frozen=True, slots=True)
class _Begun:
    """A checkpoint whose first barrier was seen: `since` by `time.monotonic`, the rest of the gate as it was then."""

    options: CheckpointOptions
    since: float
    bytes_in: int
    has_ended: bool


class InputGate:
    """Made by an exchange. Not thread-safe: it belongs to the slot's mailbox loop."""

    def __init__(
        self,
        channels: Mapping[int, InputChannel],
        local: Iterable[LocalChannel] = (),
        log: InputLog | None = None,
        log_nonce: str = "",
    ) -> None:
        self.channels = dict(channels)
        self.bytes_in = 0  #: of payloads taken from the log
        self._log, self._log_nonce = log, log_nonce
        self._aligner = Aligner(self.channels)
        self._tracker = BarrierTracker(self.channels)
        self._begun: dict[int, _Begun] = {}
        self._merger = WatermarkMerger(self.channels)
        self._events: deque[GateEvent] = deque()
        self._ready: deque[LocalChannel] = deque()
        self._waiting: list[LocalChannel] = []
        self._local_turn = False
        self._cancel_epoch = self._cancelled = 0
        self._replay: deque[InFlight] = deque()
        local = list(local)
        self._ahead = LookAhead(log, local)
        for channel in local:
            channel.on_ready = self._ready.append
            if channel:
                self._ready.append(channel)

    @property
    def has_ended(self) -> bool:
        """Whether every channel has ended. A gate without channels has."""
        return len(self._aligner.ended) == len(self.channels)

    @property
    def aligner(self) -> Aligner:
        return self._aligner

    def poll(self) -> GateEvent | None:
        """The next event; None where there is nothing now. Raises ExchangeLost for a gap or a wrong count at the
        end."""
        events = self._events
        while not events:
            if self._replay:
                self._look_replay()
                continue
            # in turns, so that neither a busy log nor a busy neighbour starves the other
            self._local_turn = not self._local_turn
            first, second = (
                (self._look_local, self._look_log) if self._local_turn else (self._look_log, self._look_local)
            )
            if not first() and not second():
                return None
        return events.popleft()

    def snapshot(self) -> GateSnapshot:
        """To be called when a BarrierEvent was polled, before the next poll."""
        return GateSnapshot(
            {c: replace(s) for c, s in self.channels.items()},
            dict(self._merger.watermarks),
            frozenset(self._merger.idle),
            self._merger.combined,
            self._aligner.done_upto,
            self._cancelled,
            self._cancel_epoch,
            None if self._log is None else self.trim_position(),
            self._log_nonce,
        )

    def restore(self, snapshot: GateSnapshot) -> None:
        """Before the first poll. A position in another log than this one's means: from the beginning."""
        for c, state in snapshot.channels.items():
            if c in self.channels:
                self.channels[c] = state.copied()
        self._aligner.done_upto = self._tracker.done_upto = snapshot.done_upto
        self._aligner.ended = {c for c, s in self.channels.items() if s.ended}
        self._merger.restore(snapshot.watermarks, snapshot.idle, snapshot.combined_watermark)
        self._cancelled, self._cancel_epoch = snapshot.cancelled, snapshot.cancel_epoch
        if self._log is not None and snapshot.resume is not None and snapshot.log == self._log_nonce:
            self._log.resume_at(snapshot.resume)
            if self._log.retention is not None:
                self._log.retention.begin(snapshot.resume)

    # -- unaligned checkpoints ---------------------------------------------------------------------------------------
    def look_ahead(self, rest: Callable[[], tuple[int, RecordBatch] | None]) -> Overtaken | None:
        """A checkpoint whose barrier is ahead, and that is to be taken now, with a recording of what is in flight.

        `rest`: of the batch that was polled last, what was not taken yet, and its channel. None: there is nothing to
        take, or what an earlier alignment held back is to be looked at again first.
        """
        seen = self._ahead.due(self._aligner.done_upto)
        if seen is None:
            return None
        aligner, checkpoint = self._aligner, seen.barrier.checkpoint_id
        is_aligning = aligner.aligning == checkpoint
        if aligner.queue or (not is_aligning and aligner.first_waiting() is not None):
            return None
        closed = aligner.ended | aligner.blocked if is_aligning else aligner.ended
        states = {c: s for c, s in self.channels.items() if c not in closed}
        pending = [
            InFlight(WHOLE_INPUT, *encode_control(WatermarkStatus(e.active)))
            for e in self._events
            if isinstance(e, StatusEvent)
        ]
        recording = self._ahead.begin(seen, states, rest(), [*pending, *self._replay])
        # what has come by itself of it, and of those before, is overtaken
        self._events = deque(e for e in self._events if not isinstance(e, BarrierEvent))
        aligner.cancel(checkpoint)
        self._tracker.cancel(checkpoint)
        self._forget(checkpoint)
        self._ready.extend(self._waiting)
        self._waiting.clear()
        alignment = Alignment(time.monotonic() - seen.since, 0)
        return Overtaken(BarrierEvent(checkpoint, seen.barrier.options, alignment), recording)

    def look_ahead_at(self) -> float | None:
        """When, by `time.monotonic`, an alignment will have lasted too long; None: at no time to come."""
        seen = self._ahead.seen
        if seen is None or seen.barrier.checkpoint_id <= self._aligner.done_upto or seen.due <= time.monotonic():
            return None
        return seen.due

    def stop_recording(self, checkpoint: int) -> None:
        """The checkpoint is off."""
        self._ahead.stop(checkpoint)

    def replay(self, elements: Iterable[InFlight]) -> None:
        """What was in flight when the checkpoint was taken that the task goes on from: it comes before all else."""
        self._replay.extend(elements)

    def _look_replay(self) -> None:
        channel, kind, payload = self._replay.popleft()
        match decode_element(kind, payload):
            case RecordBatch() as batch:
                self._events.append(BatchEvent(self.channels[channel].input, batch, channel))
            case WatermarkStatus(active) if channel == WHOLE_INPUT:
                self._events.append(StatusEvent(active))
            case element:
                self._control(None, channel, element)

    @property
    def watermarks(self) -> WatermarkMerger:
        """What is known of event time: for a snapshot that goes into another log, and back from one."""
        return self._merger

    @property
    def retention(self) -> Retention | None:
        """Of its log; None: what is consumed is not kept."""
        return None if self._log is None else self._log.retention

    def trim_position(self) -> EntryId:
        """The lowest id of the log that is still needed."""
        assert self._log is not None
        return self._aligner.first_waiting() or self._log.next_id()

    # -- the log -----------------------------------------------------------------------------------------------------
    def _look_log(self) -> bool:
        log, aligner = self._log, self._aligner
        if log is None:
            return False
        queue = aligner.queue
        if queue:
            entry = log.again(queue)
            if entry is None:
                return False
            queue.popleft()
        else:
            entry = log.next()
            if entry is None:
                return False
        at, raw, payload = entry
        header = unpack_header(raw)
        channel, epoch, attempt, kind, _, seq, ordinal = header
        if channel in aligner.blocked:
            aligner.hold(parse_id(at))
            return True
        if channel == JOBMASTER_CHANNEL:
            self._control(None, channel, decode_control(header, payload))
            return True
        state = self.channels.get(channel)
        if state is None:
            raise ExchangeLost(f"{log.name}: an entry of channel {channel:#x}, which does not lead here")
        if (epoch, attempt) != state.attempt:
            is_first = state.attempt == NO_ATTEMPT
            if state.is_stale((epoch, attempt)):
                return True
            log.credit.passed(channel, urgent=not is_first)
        if kind == Kind.DATA:
            if seq <= state.taken:
                return True
            values, timestamps, keys = pickle.loads(payload)
            skip = state.take(seq, len(values))
            log.credit.took(channel, len(payload))
            self.bytes_in += len(payload)
            batch = RecordBatch(values, timestamps, keys)
            self._events.append(BatchEvent(state.input, batch.tail(skip) if skip else batch, channel))
            return True
        if kind == Kind.LATENCY:
            log.credit.passed(channel)
            if seq == state.taken:  # else a replay's
                self._control(None, channel, decode_control(header, payload))
            return True
        self._look_control(state, at, channel, decode_control(header, payload), seq, ordinal)
        return True

    def _look_control(
        self, state: InputChannel, at: bytes, channel: int, element: Control, seq: int, ordinal: int
    ) -> None:
        assert self._log is not None
        match element:
            case Watermark():
                state.counts(seq)
                takes = True
            case WatermarkStatus():
                takes = state.status_counts(seq, ordinal, element.active)
            case EndOfInput():
                takes = state.end(seq)
            case _:
                takes = state.counts(seq)
                if takes and (active := state.settled_status()) is not None:
                    self._events.extend(self._merger.set_status(channel, active))
        state.ordinal = max(state.ordinal, ordinal)
        self._log.credit.passed(channel, prompt=True)
        if takes:
            self._control(parse_id(at), channel, element)

    # -- channels in memory ------------------------------------------------------------------------------------------
    def _look_local(self) -> bool:
        ready = self._ready
        if not ready:
            return False
        queue = ready.popleft()
        channel = queue.channel
        if channel in self._aligner.blocked:
            self._waiting.append(queue)
            return True
        element = queue.take()
        state = self.channels[channel]
        if isinstance(element, RecordBatch):
            state.taken += len(element)
            self._events.append(BatchEvent(state.input, element, channel))
        elif (
            isinstance(element, CheckpointBarrier)
            and element.options.exactly_once
            and self._aligner.supersedes(element.checkpoint_id)
        ):
            queue.push_back(element)
            self._control(None, channel, element)
        elif isinstance(element, EndOfInput):
            if state.end(queue.sequence):
                self._control(None, channel, element)
        elif element is not None:
            self._control(None, channel, element)
        if queue:
            ready.append(queue)
        return True

    # -- both --------------------------------------------------------------------------------------------------------
    def _control(self, at: EntryId | None, channel: int, element: Control) -> None:
        """A control element that counts, in its place."""
        events, aligner = self._events, self._aligner
        was_aligning = aligner.aligning
        match element:
            case Watermark(timestamp):
                if risen := self._merger.advance(channel, timestamp):
                    events.append(risen)
                return
            case WatermarkStatus(active):
                events.extend(self._merger.set_status(channel, active))
                return
            case LatencyMarker():
                events.append(LatencyEvent(element))
                return
            case CheckpointBarrier(checkpoint, options):
                self._barrier(at, channel, checkpoint, options)
            case CancelCheckpoint(checkpoint, epoch):
                if epoch < self._cancel_epoch:
                    return
                self._cancel_epoch = epoch
                aligner.cancel(checkpoint)
                self._tracker.cancel(checkpoint)
                self._forget(checkpoint)
                self._ahead.stop(checkpoint)
                if checkpoint > self._cancelled:
                    self._cancelled = checkpoint
                    events.append(CancelEvent(checkpoint, epoch))
            case EndOfInput():
                aligned, counted = aligner.end(channel), self._tracker.end(channel)
                events.extend(self._merger.end(channel))
                ended = self.channels[channel].input
                if all(s.ended for s in self.channels.values() if s.input == ended):
                    events.append(InputEnded(ended))
                    if self.has_ended:
                        events.append(AllEnded())
                if aligned is not None:
                    self._complete(aligned.checkpoint_id)
                if counted is not None:
                    self._complete(counted)
        if self._waiting and was_aligning != aligner.aligning:
            self._ready.extend(self._waiting)
            self._waiting.clear()

    def _barrier(self, at: EntryId | None, channel: int, checkpoint: int, options: CheckpointOptions) -> None:
        if checkpoint > max(self._aligner.done_upto, self._tracker.done_upto) and checkpoint not in self._begun:
            self._begun[checkpoint] = _Begun(options, time.monotonic(), self.bytes_in, self.has_ended)
        if not options.exactly_once:
            if self._tracker.barrier(channel, checkpoint) is not None:
                self._complete(checkpoint)
            return
        aligned = self._aligner.barrier(at, channel, checkpoint)
        if aligned is not None:
            self._complete(checkpoint)

    def _complete(self, checkpoint: int) -> None:
        begun = self._begun[checkpoint]
        self._forget(checkpoint)
        alignment = Alignment(time.monotonic() - begun.since, self.bytes_in - begun.bytes_in)
        overtaken = not begun.options.exactly_once and self.has_ended and not begun.has_ended
        self._events.append(BarrierEvent(checkpoint, begun.options, alignment, overtaken))

    def _forget(self, upto: int) -> None:
        for checkpoint in [n for n in self._begun if n <= upto]:
            del self._begun[checkpoint]
