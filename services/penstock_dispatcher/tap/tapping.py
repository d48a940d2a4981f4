"""Tapping: answers viewers. Each answer lengthens the lease of what it looks at; nothing is kept but for a moment."""

import time
from typing import Any

from penstock.client.config.options import tap
from penstock.coordination.tap_rows import TapLease, TapView
from penstock.coordination.taps import MOST_LEASES
from penstock.graph.tap_points import TapPoint, UnknownPoint, find_point
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.problems import Conflict, Forbidden, NotFound
from penstock_dispatcher.read_cache import ReadCache
from penstock_dispatcher.tap.tap_json import cursor_of, point_json, records_of, subtasks_of, tappable
from penstock_dispatcher.tap.tap_request import TapRequest

#: seconds that what was sampled is good for, however many look at it
_LIFETIME = 0.15


class Tapping:
    """Thread-safe. Every call raises `connection.AWAY` while Redis is away."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._cache = ReadCache(_LIFETIME)

    def points(self, job: str) -> dict[str, Any]:
        """What can be tapped."""
        self.check_enabled()
        return tappable(self._dispatcher.reader.job(job).graph)

    def look(self, asked: TapRequest) -> dict[str, Any]:
        """The records there are, who samples, and the cursor behind them."""
        self.check_enabled()
        view = self._dispatcher.reader.job(asked.job)
        point = self._point(view, asked)
        seen = self._view(view, asked, point)
        return {
            "now": time.time_ns() // 1_000_000,
            "job": asked.job,
            "state": view.row.state.value,
            "edge": point_json(view.graph, point),
            "subtasks": subtasks_of(seen, asked.subtask),
            "records": records_of(seen, asked.subtask, asked.text, asked.limit),
            "cursor": cursor_of(seen, asked.cursor),
        }

    def check_enabled(self) -> None:
        """Forbidden: switched off."""
        if not self._dispatcher.configuration.get(tap.ENABLED):
            raise Forbidden("records cannot be looked at here: penstock.tap.enabled is false")

    def _point(self, view: JobView, asked: TapRequest) -> TapPoint:
        graph = view.graph
        try:
            graph.vertex(asked.vertex)
        except KeyError:
            there = ", ".join(f"{v.id} ({v.name})" for v in graph.vertices)
            raise NotFound(f"Vertex {asked.vertex} of job {asked.job} not found; it has {there}") from None
        try:
            point = find_point(graph, asked.vertex, asked.edge)
        except UnknownPoint as error:
            raise NotFound(str(error)) from None
        most = graph.vertex(point.vertex).parallelism
        if asked.subtask is not None and asked.subtask >= most:
            raise NotFound(f"subtask {asked.subtask} of edge {point.name!r} not found; it has 0 to {most - 1}")
        return point

    def _view(self, view: JobView, asked: TapRequest, point: TapPoint) -> TapView:
        if view.row.state.is_terminal:
            raise Conflict(f"Job {asked.job} is {view.row.state.value}: nothing passes in it any more")
        lease = TapLease(point.vertex, point.id, asked.subtask)
        taps = self._dispatcher.coordination.taps
        seen = self._cache.get((asked.job, lease, asked.cursor), lambda: taps.view(asked.job, lease, asked.cursor))
        if seen is None:
            raise Conflict(f"{MOST_LEASES} edges of job {asked.job} are looked at already; close some of them")
        return seen
