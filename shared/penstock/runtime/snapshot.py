"""What a subtask's snapshot holds beside its operators' state: event time by channel, and the sequences of its output.

Channels and outputs are named by the vertices they join, not by edge numbers, which another version of the program may
give otherwise.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from penstock.exchange.elements import MAX_TIMESTAMP, MIN_TIMESTAMP
from penstock.exchange.gate_snapshot import GateSnapshot
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import channel_source
from penstock.runtime.in_flight import NOTHING, InFlightData

FORMAT = 1


class Input(NamedTuple):
    """The edges from one vertex into one input of the subtask's own."""

    source: str
    input: int


@dataclass(frozen=True, slots=True)
class ChannelTime:
    """Event time of a channel. `watermark` in ms; that of one that has ended is the last there is."""

    watermark: int
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class ChannelsSnapshot:
    """`channels`: (input, producing subtask). `combined`: the input watermark of the task, in ms.

    `input` and `output` are what was in flight, of an unaligned checkpoint: not processed yet, not in a log yet.
    `gate` and `sent` (output edge -> consumer -> records and control elements sent) are positions in the input logs of
    the generation that the snapshot was taken in, and mean nothing in another one.
    """

    channels: Mapping[tuple[Input, int], ChannelTime]
    combined: int = MIN_TIMESTAMP
    gate: GateSnapshot | None = None
    sent: Mapping[int, Mapping[int, tuple[int, int]]] = field(default_factory=dict)
    format: int = FORMAT
    subtask: int = 0
    parallelism: int = 0  #: of its vertex
    input: InFlightData = NOTHING
    output: InFlightData = NOTHING
    logs: str = ""  #: the generation's, with task-local failover; else nobody goes on in the same logs
    partitioners: Mapping[int, Any] = field(default_factory=dict)  #: output edge -> where its choice of targets stands

    def dumps(self) -> bytes:
        return pickle.dumps(self, protocol=5)

    @staticmethod
    def loads(data: bytes) -> "ChannelsSnapshot":
        """ValueError where `data` is none, or one of a newer version."""
        try:
            loaded = pickle.loads(data)
        except Exception as e:
            raise ValueError(f"channel state cannot be read: {type(e).__name__}: {e}") from e
        if not isinstance(loaded, ChannelsSnapshot):
            raise ValueError(f"not channel state: {type(loaded).__name__}")
        if loaded.format > FORMAT:
            raise ValueError(f"channel state of format {loaded.format}; this version reads up to {FORMAT}")
        # one of a version that knew less of it
        return ChannelsSnapshot(**{f.name: getattr(loaded, f.name) for f in fields(loaded) if hasattr(loaded, f.name)})


def channels_snapshot(
    graph: JobGraph, gate: GateSnapshot, sent: Mapping[int, Mapping[int, tuple[int, int]]]
) -> ChannelsSnapshot:
    """Of a gate and the `sequences` of the writers, with nothing in flight."""
    channels: dict[tuple[Input, int], ChannelTime] = {}
    for channel, state in gate.channels.items():
        watermark = MAX_TIMESTAMP if state.ended else gate.watermarks.get(channel, MIN_TIMESTAMP)
        key = input_of(graph, channel)
        time = ChannelTime(watermark, channel in gate.idle)
        channels[key] = _joined(channels[key], time) if key in channels else time
    return ChannelsSnapshot(channels, gate.combined_watermark, gate, sent)


def input_of(graph: JobGraph, channel: int) -> tuple[Input, int]:
    """The name of a channel. Two edges between the same vertices and input share theirs."""
    number, producer = channel_source(channel)
    edge = graph.edges[number]
    return Input(edge.source, edge.target_input), producer


def _joined(one: ChannelTime, other: ChannelTime) -> ChannelTime:
    return ChannelTime(min(one.watermark, other.watermark), one.is_idle and other.is_idle)
