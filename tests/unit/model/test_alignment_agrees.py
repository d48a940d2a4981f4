"""The production code takes the order that the model takes, on any log; and a replay takes it again."""

import pickle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.exchange import BarrierEvent, BatchEvent, InputGate
from penstock.exchange.alignment import Aligned, Aligner
from penstock.exchange.channel import InputChannel
from penstock.exchange.credit import ConsumerCredit
from penstock.exchange.elements import CancelCheckpoint, CheckpointBarrier, EndOfInput
from penstock.exchange.header import JOBMASTER_CHANNEL, Header, Kind, encode_control
from penstock.exchange.input_log import InputLog, format_id
from tests.unit.model.model_log import Aligner as ModelAligner
from tests.unit.model.model_log import Log

CHANNELS = ("a", "b", "c")

# -- the aligner alone, on entries in any order ------------------------------------------------------------------------

raw_entries = st.lists(
    st.tuples(
        st.sampled_from(CHANNELS),
        st.sampled_from(["data", "data", "barrier", "barrier", "cancel", "eoi"]),
        st.integers(1, 4),
    ),
    max_size=40,
)


def _model_steps(entries: list[tuple[str, str, int]]) -> list[Any]:
    log, aligner = Log(), ModelAligner([(c, 0) for c in CHANNELS])
    for channel, kind, n in entries:
        log.append((channel, 0), kind, 0, n)
    steps = []
    while (step := aligner.next(log)) is not None:
        if step[0] != "skip":
            steps.append(step)
    return steps


def _plain(aligned: Aligned) -> tuple[int, int]:
    assert aligned.first is not None
    return aligned.checkpoint_id, aligned.first[1]


def _production_steps(entries: list[tuple[str, str, int]]) -> list[Any]:
    aligner = Aligner(range(len(CHANNELS)))
    steps: list[Any] = []
    position = 0
    while aligner.queue or position < len(entries):
        if aligner.queue:
            at = aligner.queue.popleft()[1]
        else:
            at, position = position, position + 1
        name, kind, n = entries[at]
        channel = CHANNELS.index(name)
        if kind == "cancel":
            aligner.cancel(n)
        elif channel in aligner.blocked:
            aligner.hold((0, at))
        elif kind == "barrier":
            aligned = aligner.barrier((0, at), channel, n)
            if aligned:
                steps.append(("aligned", *_plain(aligned)))
        elif kind == "eoi":
            aligned = aligner.end(channel)
            steps.append(("entry+aligned", at, *_plain(aligned)) if aligned else ("entry", at))
        else:
            steps.append(("entry", at))
    return steps


@settings(max_examples=400, deadline=None)
@given(raw_entries)
def test_the_aligner_takes_the_models_order(entries: list[tuple[str, str, int]]) -> None:
    assert _production_steps(entries) == _model_steps(entries)


# -- the whole gate, on logs as producers write them -------------------------------------------------------------------


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[int, str, int, Any]]:
    """Entries (channel, kind, seq, payload): data in sequence, some of it twice, rising barriers, cancels, ends."""
    queues: list[list[tuple[int, str, int, Any]]] = []
    for channel in range(draw(st.integers(1, 3))):
        seq = barrier = 0
        queue: list[tuple[int, str, int, Any]] = []
        for kind in draw(st.lists(st.sampled_from(["data", "data", "again", "barrier"]), max_size=12)):
            if kind == "data":
                records = draw(st.integers(1, 3))
                queue.append((channel, "data", seq + records, [(channel, n) for n in range(seq, seq + records)]))
                seq += records
            elif kind == "again" and (old := [e for e in queue if e[1] == "data"]):
                queue.append(draw(st.sampled_from(old)))
            elif kind == "barrier":
                barrier += draw(st.integers(1, 2))
                queue.append((channel, "barrier", seq, barrier))
        if draw(st.booleans()):
            queue.append((channel, "eoi", seq, None))
        queues.append(queue)
    queues.append([(JOBMASTER_CHANNEL, "cancel", 0, n) for n in draw(st.lists(st.integers(1, 6), max_size=2))])
    log = []
    while any(queues):
        log.append(draw(st.sampled_from([q for q in queues if q])).pop(0))
    return log


def _model_events(log: list[tuple[int, str, int, Any]], channels: int) -> list[Any]:
    model, aligner = Log(), ModelAligner([("x", c) for c in range(channels)])
    for channel, kind, seq, payload in log:
        model.append(("x", channel), kind, seq, payload)
    taken = dict.fromkeys(range(channels), 0)
    events: list[Any] = []
    while (step := aligner.next(model)) is not None:
        if step[0].startswith("entry"):
            (_, channel), kind, seq, payload = model.entries[step[1]]
            if kind == "data":
                events += payload[max(0, taken[channel] - (seq - len(payload))) :]
                taken[channel] = max(seq, taken[channel])
        if step[0].endswith("aligned"):
            events.append(BarrierEvent(step[-2]))
    return events


def _stored(log: list[tuple[int, str, int, Any]]) -> list[tuple[bytes, list[bytes]]]:
    stored = []
    for at, (channel, kind, seq, payload) in enumerate(log):
        match kind:
            case "data":
                code, raw = Kind.DATA, pickle.dumps((payload, None, None))
            case "barrier":
                code, raw = encode_control(CheckpointBarrier(payload))
            case "cancel":
                code, raw = encode_control(CancelCheckpoint(payload, 1))
            case _:
                code, raw = encode_control(EndOfInput())
        stored.append((format_id((7, at)), [b"h", Header(channel, 1, 0, code, 0, seq, at).pack(), b"p", raw]))
    return stored


class Redis:
    """Feeds a gate as a link does: some entries at a time, held ones again when asked for."""

    def __init__(self, log: list[tuple[int, str, int, Any]], channels: int, sizes: list[int], again: int) -> None:
        self.stored, self.sizes, self.again = _stored(log), sizes, again
        self.log = InputLog("log", ConsumerCredit(1, range(channels)), 1 << 20)
        self.gate = InputGate({c: InputChannel(str(c), 0) for c in range(channels)}, (), self.log, "nonce")

    def events(self, snapshots: list[tuple[int, Any]] | None = None) -> list[Any]:
        events: list[Any] = []
        turn = fed = 0
        ids = [at for at, _ in self.stored]
        if self.log.position in ids:  # restored
            fed = ids.index(self.log.position) + 1
        while True:
            while (event := self.gate.poll()) is not None:
                if isinstance(event, BatchEvent):
                    events += event.batch.values
                elif isinstance(event, BarrierEvent):
                    events.append(event)
                    if snapshots is not None:
                        snapshots.append((len(events), self.gate.snapshot()))
            wanted = self.log.wanted()
            if wanted:
                low, high = wanted[0][1], wanted[1][1]
                self.log.feed_again(wanted[0], self.stored[low : high + 1][: self.again], self.gate.aligner.queue)
            elif fed < len(self.stored):
                size = self.sizes[turn % len(self.sizes)]
                self.log.feed(self.stored[fed : fed + size])
                fed, turn = fed + size, turn + 1
            else:
                return events


@settings(max_examples=300, deadline=None)
@given(logs(), st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(1, 5))
def test_the_gate_takes_the_models_order_however_its_log_is_read(log: Any, sizes: list[int], again: int) -> None:
    channels = max((c for c, *_ in log if c != JOBMASTER_CHANNEL), default=0) + 1
    assert Redis(log, channels, sizes, again).events() == _model_events(log, channels)


@settings(max_examples=300, deadline=None)
@given(logs(), st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(1, 5))
def test_a_replay_from_any_snapshot_takes_the_same_order(log: Any, sizes: list[int], again: int) -> None:
    channels = max((c for c, *_ in log if c != JOBMASTER_CHANNEL), default=0) + 1
    snapshots: list[tuple[int, Any]] = []
    events = Redis(log, channels, [3], 2).events(snapshots)
    for position, snapshot in snapshots:
        replay = Redis(log, channels, sizes, again)
        replay.gate.restore(snapshot)
        assert replay.events() == events[position:]
