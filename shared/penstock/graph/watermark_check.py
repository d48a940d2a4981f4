"""A warning where event-time windows get no watermarks: they would fire at the end of input only, or never."""

import warnings
from typing import TYPE_CHECKING

from penstock.operators.specs import SourceSpec, TimestampsAndWatermarksSpec
from penstock.operators.watermark_strategy import read_strategy
from penstock.operators.window_spec import WindowSpec

if TYPE_CHECKING:
    from penstock.graph.stream_graph import StreamGraph, StreamNode


class NoWatermarksWarning(UserWarning):
    """A job has event-time windows, but no watermarks reach them."""


def warn_of_windows_without_watermarks(graph: "StreamGraph") -> None:
    """One warning a job. Batch jobs need no watermarks: their event time ends with the input."""
    if graph.job_type == "BATCH":
        return
    windows = [n for n in graph.nodes.values() if isinstance(n.spec, WindowSpec) and n.spec.assigner.is_event_time()]
    starved = {node.name: source for node in windows if (source := _without_watermarks(graph, node)) is not None}
    if starved:
        paths = ", ".join(f"{window!r} by way of {source!r}" for window, source in starved.items())
        warnings.warn(
            f"no watermarks reach the event-time windows {paths}: they fire only when the input ends. Give "
            "assign_timestamps_and_watermarks() before the window, or from_source(), a WatermarkStrategy such as "
            "WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(…)",
            NoWatermarksWarning,
            stacklevel=2,
        )


def _without_watermarks(graph: "StreamGraph", node: "StreamNode") -> str | None:
    """The name of the operator that a path without watermarks to this node begins with."""
    pending, seen = [e.source for e in node.inputs], set[int]()
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        before = graph.nodes[number]
        match before.spec:
            case TimestampsAndWatermarksSpec(strategy=strategy) | SourceSpec(watermark_strategy=strategy):
                if read_strategy(strategy).disorder is None:
                    return before.name
            case _:
                pending += [e.source for e in before.inputs]
    return None
