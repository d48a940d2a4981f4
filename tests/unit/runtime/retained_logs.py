"""Input logs that outlive the tasks at their ends, as an exchange Redis keeps them.

A test's own thread moves entries and credit."""

import random
from dataclasses import dataclass, field
from functools import partial

from penstock.exchange.credit import ConsumerCredit, CreditRow
from penstock.exchange.elements import CancelCheckpoint
from penstock.exchange.ends import Inlet
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.fork_check import ForkCheck
from penstock.exchange.header import JOBMASTER_CHANNEL, Header, encode_control
from penstock.exchange.input_gate import InputGate
from penstock.exchange.input_log import InputLog, format_id, parse_id
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.output_writer import OutputWriter
from penstock.exchange.remote_channel import LogEntry, RemoteChannel
from penstock.exchange.retention import Retention
from penstock.exchange.topology import input_channels
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import channel_id, consumers

OPTIONS = ExchangeOptions(credit=240, entry_size=60, read_ahead=200)
Entry = tuple[bytes, list[bytes]]
Id = tuple[int, int]
Owner = tuple[str, int, int]  #: vertex, subtask, attempt


@dataclass
class StoredLog:
    """The stream, and the credit hash beside it."""

    entries: list[Entry] = field(default_factory=list)
    rows: dict[int, CreditRow] = field(default_factory=dict)
    trimmed_to: Id = (0, 1)
    appended: int = 1

    def append(self, header: bytes, payload: bytes) -> None:
        self.appended += 1
        self.entries.append((format_id((0, self.appended)), [b"h", header, b"p", payload]))

    def between(self, first: Id, last: Id) -> list[Entry]:
        return [e for e in self.entries if first <= parse_id(e[0]) <= last]

    def trim(self, upto: Id) -> None:
        self.trimmed_to = max(self.trimmed_to, upto)
        self.entries = [e for e in self.entries if parse_id(e[0]) >= upto]


@dataclass
class Consumer:
    """One attempt's end of its log."""

    stored: StoredLog
    inlet: Inlet
    is_begun: bool = False

    def read(self, most: int) -> bool:
        """Raises ExchangeLost where what it has to read is trimmed."""
        log, moved = self.inlet.log, False
        if not self.is_begun:
            self.inlet.settle(dict(self.stored.rows))
            self.is_begun = True
            if self.stored.trimmed_to > self.inlet.gate.trim_position():
                raise ExchangeLost("trimmed up to beyond where it is to be read from", "trimmed")
        wanted = log.wanted()
        if wanted is not None:
            again = self.stored.between(*wanted)
            log.feed_again(wanted[0], again, self.inlet.gate.aligner.queue)
            moved = True
        ms, n = parse_id(log.position)
        if self.stored.trimmed_to > (ms, n + 1):
            raise ExchangeLost("trimmed up to beyond where it is read", "trimmed")
        if not log.is_full:
            new = self.stored.between((ms, n + 1), (1 << 60, 0))[:most]
            if new:
                log.feed(new)
                moved = True
        return moved

    def publish(self, holds: bool) -> None:
        self.inlet.notice(holds)
        rows = self.inlet.rows(self.inlet.log.credit.published())
        if rows:
            self.stored.rows.update(rows)
            self.stored.trim(self.inlet.trim_position())


class RetainedLogs:
    """All ends of all attempts, until they are removed. `bound`: of what is retained of a log, in bytes."""

    def __init__(self, graph: JobGraph, retained: set[str], bound: int) -> None:
        self._graph, self._retained, self._bound = graph, retained, bound
        self.stored: dict[tuple[str, int], StoredLog] = {}
        self.consumers: dict[Owner, Consumer] = {}
        self.producers: dict[Owner, list[tuple[StoredLog, RemoteChannel]]] = {}
        self._writers: dict[Owner, list[OutputWriter]] = {}

    def gate(self, owner: Owner) -> InputGate:
        vertex, subtask, _ = owner
        channels = input_channels(self._graph, vertex, subtask)
        if not channels:
            return InputGate(channels)
        log = InputLog(f"{vertex} {subtask}", ConsumerCredit(OPTIONS.credit, channels), OPTIONS.read_ahead)
        if vertex in self._retained:
            log.retention = Retention(self._bound, (0, 1))
        gate = InputGate(channels, (), log, "nonce")
        inlet = Inlet(gate, log, "", "", subtask, {}, (vertex, subtask))
        self.consumers[owner] = Consumer(self.log(vertex, subtask), inlet)
        return gate

    def writers(self, owner: Owner) -> dict[int, OutputWriter]:
        vertex, subtask, attempt = owner
        writers, ends = dict[int, OutputWriter](), self.producers.setdefault(owner, [])
        is_source = not self._graph.inputs(vertex)
        for number, edge in self._graph.outputs(vertex):
            targets = consumers(self._graph, edge, subtask)
            writer = writers[number] = OutputWriter(targets, None)
            for index, target in enumerate(targets):
                stored = self.log(edge.target, target)
                channel = RemoteChannel(
                    channel_id(number, subtask),
                    (1, attempt),
                    "edge",
                    OPTIONS,
                    partial(self._append, ends, stored, len(ends)),
                    partial(writer.set_blocked, index),
                    task_local=True,
                    holds=lambda: is_source and all(w.is_caught_up for w in writers.values()),
                )
                ends.append((stored, channel))
                writer.add_remote(channel)
        self._writers[owner] = list(writers.values())
        return writers

    def remove(self, owner: Owner) -> None:
        self.consumers.pop(owner, None)
        self.producers.pop(owner, None)
        self._writers.pop(owner, None)

    def move(self, choice: random.Random, owner: Owner) -> None:
        """Something of one attempt's."""
        consumer = self.consumers.get(owner)
        if consumer is not None and choice.random() < 0.7:
            consumer.read(choice.randrange(1, 9))
        if consumer is not None and choice.random() < 0.5:
            consumer.publish(any(self._row(*end).withheld for end in self.producers.get(owner, ())))
        for stored, channel in self.producers.get(owner, ()):
            if choice.random() < 0.5:
                channel.credited(self._row(stored, channel))
                if channel.check is not None and channel.check.wants:
                    self._read_back(choice, stored, channel.check)
        for writer in self._writers.get(owner, ()):
            if choice.random() < 0.3:
                writer.flush(0.0, True)

    def is_fenced(self, owner: Owner) -> bool:
        return any(channel.fence is not None for _, channel in self.producers.get(owner, ()))

    def cancel(self, checkpoint: int) -> None:
        kind, payload = encode_control(CancelCheckpoint(checkpoint, 1))
        for stored in self.stored.values():
            stored.append(Header(JOBMASTER_CHANNEL, 1, 0, kind, 0, 0, checkpoint).pack(), payload)

    def log(self, vertex: str, subtask: int) -> StoredLog:
        return self.stored.setdefault((vertex, subtask), StoredLog())

    @staticmethod
    def _read_back(choice: random.Random, stored: StoredLog, check: ForkCheck) -> None:
        first = (0, 0) if check.position == b"-" else parse_id(check.position[1:])
        entries = stored.between((first[0], first[1] + 1), (1 << 60, 0))[: choice.randrange(1, 5)]
        check.read([(at, fields[1], fields[3]) for at, fields in entries])

    @staticmethod
    def _row(stored: StoredLog, channel: RemoteChannel) -> CreditRow:
        return stored.rows.get(channel.channel, CreditRow())

    def _append(
        self, ends: list[tuple[StoredLog, RemoteChannel]], stored: StoredLog, number: int, entry: LogEntry
    ) -> None:
        stored.append(entry.header, entry.payload)
        ends[number][1].acknowledged()
