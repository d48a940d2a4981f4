"""Points and records of a tap as JSON. Pure. Times in ms since the epoch."""

from collections.abc import Sequence
from typing import Any

import msgspec

from penstock.coordination.tap_rows import TapView
from penstock.graph.job_graph import JobGraph
from penstock.graph.tap_points import TapPoint, points_of


def tappable(graph: JobGraph) -> dict[str, Any]:
    """Every vertex with its edges, in the order of the flow; `sampled-by`: the vertex whose subtasks show it."""
    return {
        "vertices": [
            {
                "id": vertex.id,
                "name": vertex.name,
                "parallelism": vertex.parallelism,
                "edges": [point_json(graph, point) for point in points_of(graph, vertex.id)],
            }
            for vertex in graph.vertices
        ]
    }


def point_json(graph: JobGraph, point: TapPoint) -> dict[str, Any]:
    return {
        "id": point.id,
        "name": point.name,
        "in-chain": point.is_in_chain,
        "sampled-by": point.vertex,
        "subtasks": graph.vertex(point.vertex).parallelism,
    }


def records_of(view: TapView, subtask: int | None, text: str | None, limit: int) -> list[dict[str, Any]]:
    """The last `limit` of those of a subtask (None: all) that have `text` in their text or key, upper or lower case.

    `id` is the record's own, and rises.
    """
    wanted = None if not text else text.casefold()
    found: list[dict[str, Any]] = []
    for entry, batch in view.batches:
        if subtask is not None and batch.subtask != subtask:
            continue
        for number, record in enumerate(batch.records):
            if wanted is None or wanted in record.text.casefold() or wanted in (record.key or "").casefold():
                place = {"id": f"{entry}-{number}", "subtask": batch.subtask, "attempt": batch.attempt}
                found.append(place | _fields(record))
    return found[-limit:]


def subtasks_of(view: TapView, subtask: int | None) -> list[dict[str, Any]]:
    """Who samples now."""
    return [msgspec.to_builtins(row) for row in view.subtasks if subtask in (None, row.subtask)]


def cursor_of(view: TapView, after: str) -> str:
    """Behind what was read."""
    return view.batches[-1][0] if view.batches else after


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _names(record)}


def _names(record: msgspec.Struct) -> Sequence[str]:
    return record.__struct_fields__
