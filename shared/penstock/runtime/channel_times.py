"""Event time of a restored subtask's channels, out of what former subtasks knew of theirs. Pure.

Records that were late before have to be late after: without the watermarks they would be taken for early ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.graph.job_graph import JobGraph
from penstock.runtime.snapshot import ChannelsSnapshot, ChannelTime, Input, input_of


@dataclass(frozen=True, slots=True)
class RestoredTimes:
    """By channel id. `combined`: the watermark that the task had come to, in ms."""

    watermarks: dict[int, int]
    idle: frozenset[int]
    combined: int


def restored_times(
    graph: JobGraph, channels: Sequence[int], former: Sequence[ChannelsSnapshot]
) -> RestoredTimes | None:
    """`channels`: those of the new subtask; `former`: the snapshots that it goes on from. None: they say nothing.

    A channel gets the time of the one between the same subtasks where the wiring is as it was, else the least of the
    former channels of its edge. A channel that is new holds nothing back until it says something.
    """
    if not any(snapshot.channels for snapshot in former):
        return None
    now: dict[Input, set[int]] = {}
    for channel in channels:
        source, producer = input_of(graph, channel)
        now.setdefault(source, set()).add(producer)
    combined = min(snapshot.combined for snapshot in former)
    watermarks: dict[int, int] = {}
    idle: set[int] = set()
    for channel in channels:
        source, producer = input_of(graph, channel)
        time = _time_of(source, producer, now[source], former)
        if time is None:
            time = ChannelTime(combined)
        watermarks[channel] = time.watermark
        if time.is_idle:
            idle.add(channel)
    return RestoredTimes(watermarks, frozenset(idle), combined)


def _time_of(
    source: Input, producer: int, producers: set[int], former: Sequence[ChannelsSnapshot]
) -> ChannelTime | None:
    known = [(n, time) for snapshot in former for (s, n), time in snapshot.channels.items() if s == source]
    if not known:
        return None
    if len(former) == 1 and {n for n, _ in known} == producers:
        return dict(known)[producer]
    active = [time.watermark for _, time in known if not time.is_idle]
    if active:
        return ChannelTime(min(active))
    return ChannelTime(min((time.watermark for _, time in known), default=MIN_TIMESTAMP), True)
