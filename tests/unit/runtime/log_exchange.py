"""Input logs without Redis: what a test's own thread moves from producers to consumers, and credit back."""

from functools import partial
from selectors import BaseSelector

from penstock.exchange.credit import ConsumerCredit, CreditRow
from penstock.exchange.input_gate import InputGate
from penstock.exchange.input_log import InputLog, format_id, parse_id
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.output_writer import OutputWriter
from penstock.exchange.remote_channel import LogEntry, RemoteChannel
from penstock.exchange.topology import input_channels
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import channel_id, consumers

OPTIONS = ExchangeOptions(credit=120, entry_size=60, read_ahead=120)


class Log:
    """One input log. What is appended waits in `entries`."""

    def __init__(self) -> None:
        self.entries: list[tuple[bytes, list[bytes]]] = []
        self.read = 0
        self.channels: dict[int, RemoteChannel] = {}
        self.gate: InputGate | None = None
        self.log: InputLog | None = None

    def append(self, entry: LogEntry) -> None:
        self.entries.append((format_id((1, len(self.entries) + 1)), [b"h", entry.header, b"p", entry.payload]))

    def move(self, most: int) -> bool:
        """Let up to that many entries be read, and what was taken be told."""
        moved = False
        for channel in self.channels.values():
            if not channel.is_settled:
                channel.credited(CreditRow())
                moved = True
        if self.log is None or self.gate is None:
            return moved
        wanted = self.log.wanted()
        if wanted is not None:
            first, last = wanted
            again = [e for e in self.entries if first <= parse_id(e[0]) <= last]
            self.log.feed_again(first, again, self.gate.aligner.queue)
            moved = True
        while most > 0 and self.read < len(self.entries) and not self.log.is_full:
            self.log.feed([self.entries[self.read]])
            self.read, most, moved = self.read + 1, most - 1, True
        for c in self.log.credit.published():
            state = self.gate.channels[c]
            if c in self.channels:
                self.channels[c].credited(CreditRow(state.taken, state.ordinal, state.attempt))
            moved = True
        return moved


class LogExchange:
    """As `SlotExchange`, with every channel through a log."""

    def __init__(self, graph: JobGraph, options: ExchangeOptions = OPTIONS) -> None:
        self._graph, self._options = graph, options
        self.logs: dict[tuple[str, int], Log] = {}
        self._writers: list[OutputWriter] = []

    def input_gate(self, vertex: str, subtask: int) -> InputGate:
        channels = input_channels(self._graph, vertex, subtask)
        if not channels:
            return InputGate(channels)
        log = self._log(vertex, subtask)
        log.log = InputLog(vertex, ConsumerCredit(self._options.credit, channels), self._options.read_ahead, (0, 0))
        log.gate = InputGate(channels, (), log.log, "nonce")
        return log.gate

    def writers(self, vertex: str, subtask: int, attempt: int) -> dict[int, OutputWriter]:
        writers = {}
        for number, edge in self._graph.outputs(vertex):
            targets = consumers(self._graph, edge, subtask)
            writer = writers[number] = OutputWriter(targets, None)
            self._writers.append(writer)
            for index, target in enumerate(targets):
                log, channel = self._log(edge.target, target), channel_id(number, subtask)
                remote = log.channels[channel] = RemoteChannel(
                    channel,
                    (1, attempt),
                    "edge",
                    self._options,
                    partial(self._append, log, channel),
                    partial(writer.set_blocked, index),
                )
                writer.add_remote(remote)
        return writers

    def move(self, most: int) -> bool:
        """One move of every log."""
        moved = [log.move(most) for log in self.logs.values()]
        return any(moved)

    def sockets(self) -> list[BaseSelector]:
        return []

    def on_readable(self, source: object) -> None: ...

    def flush(self, idle: bool) -> None:
        for writer in self._writers:
            writer.flush(0.0, idle)
        while self.move(1 << 20):
            pass

    def next_deadline(self) -> float | None:
        return None

    def close(self) -> None: ...

    def _append(self, log: Log, channel: int, entry: LogEntry) -> None:
        log.append(entry)
        log.channels[channel].acknowledged()

    def _log(self, vertex: str, subtask: int) -> Log:
        return self.logs.setdefault((vertex, subtask), Log())
