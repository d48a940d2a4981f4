"""An exchange without Redis: every channel in memory. For LocalEnvironment."""

from selectors import BaseSelector

from penstock.exchange.input_gate import InputGate
from penstock.exchange.local_channel import LocalChannel
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.output_writer import OutputWriter
from penstock.exchange.topology import buffer_timeout, input_channels
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import channel_id, consumers


class LocalExchange:
    """The same interface as `SlotExchange`, for a job that runs in one thread."""

    def __init__(self, graph: JobGraph, options: ExchangeOptions | None = None) -> None:
        self._graph, self._options = graph, options or ExchangeOptions()
        self._channels: dict[tuple[int, int], LocalChannel] = {}

    def input_gate(self, vertex: str, subtask: int) -> InputGate:
        """The gate of a subtask; once a subtask. Of a source: a gate without channels."""
        channels = input_channels(self._graph, vertex, subtask)
        return InputGate(channels, [self._channel(c, subtask) for c in channels])

    def writers(self, vertex: str, subtask: int, attempt: int) -> dict[int, OutputWriter]:
        """The writers of a subtask by edge number; once a subtask."""
        writers = {}
        for number, edge in self._graph.outputs(vertex):
            targets = consumers(self._graph, edge, subtask)
            writers[number] = OutputWriter(targets, buffer_timeout(edge))
            for target in targets:
                writers[number].add_local(self._channel(channel_id(number, subtask), target))
        return writers

    def sockets(self) -> list[BaseSelector]:
        """None: there is nothing to wait for."""
        return []

    def on_readable(self, source: object) -> None:
        """Never called: there are no sockets."""

    def flush(self, idle: bool) -> None:
        """Nothing to do: records are with their consumer as soon as they are emitted."""

    def next_deadline(self) -> float | None:
        """None: nothing is due at a time."""
        return None

    def close(self) -> None:
        """Drop what is queued."""
        self._channels.clear()

    def _channel(self, channel: int, consumer: int) -> LocalChannel:
        found = self._channels.get((channel, consumer))
        if found is None:
            found = self._channels[channel, consumer] = LocalChannel(channel, self._options.local_records)
        return found
