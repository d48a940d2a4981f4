"""Documents: reads what each page shows, at most once a second for all who look at it."""

import time
from collections.abc import Callable, Hashable
from typing import Any

from penstock.client.config import rest
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.live.attempts import attempts
from penstock_dispatcher.live.job import failures, job
from penstock_dispatcher.live.job_graph import job_graph
from penstock_dispatcher.live.overview import Lease, leases, overview, roles
from penstock_dispatcher.live.taskmanagers import taskmanagers
from penstock_dispatcher.problems import Conflict
from penstock_dispatcher.read_cache import ReadCache

#: seconds that a document is good for
PERIOD = 1.0
Document = dict[str, Any]


class Documents:
    """Thread-safe. Every call raises `connection.AWAY` while Redis is away, NotFound for a job that is not there.

    `now` of a document is its time in ms since the epoch.
    """

    def __init__(self, dispatcher: Dispatcher, lifetime: float = PERIOD * 0.9) -> None:
        self._dispatcher = dispatcher
        self._cache = ReadCache(lifetime)

    def overview(self) -> Document:
        return self._document("overview", self._overview)

    def taskmanagers(self) -> Document:
        return self._document("taskmanagers", self._taskmanagers)

    def job(self, job_id: str, vertex: str | None = None) -> Document:
        return self._document(("job", job_id, vertex), lambda: self._job(job_id, vertex))

    def failures(self, job_id: str) -> Document:
        """Not kept: it is asked for where there is a new one."""
        return failures(self._dispatcher.reader.job(job_id))

    def attempts(self, job_id: str) -> Document:
        """Not kept: it is asked for where there are new attempts."""
        return attempts(self._dispatcher.reader.job(job_id))

    def graph(self, job_id: str) -> Document:
        """Not kept: it is asked for once a page."""
        graph = self._dispatcher.reader.job(job_id).graph
        try:
            return job_graph(graph, self._dispatcher.configuration_of(graph))
        except ValueError as error:
            raise Conflict(f"the configuration of job {job_id} cannot be read: {error}") from None

    def _document(self, key: Hashable, make: Callable[[], Document]) -> Document:
        return self._cache.get(key, lambda: {"now": time.time_ns() // 1_000_000, **make()})

    def _overview(self) -> Document:
        reader, configuration = self._dispatcher.reader, self._dispatcher.configuration
        views = reader.jobs()
        shown = overview(views, reader.slots(), reader.services(), self._leases(roles(views)))
        features = {"submit": configuration.get(rest.SUBMIT_ENABLED), "cancel": configuration.get(rest.CANCEL_ENABLED)}
        return {**shown, "features": features}

    def _job(self, job_id: str, vertex: str | None) -> Document:
        reader, configuration = self._dispatcher.reader, self._dispatcher.configuration
        view = reader.job(job_id)
        (lease,) = self._leases([f"job:{job_id}"])
        # an empty log holds the entry it was made with
        sizes = self._dispatcher.sizes.of(view.row, view.graph).items()
        depths = {log: max(0, entries - 1) for log, (entries, _) in sizes}
        shown = job(view, lease, reader.services(), depths, vertex)
        return {**shown, "can-cancel": configuration.get(rest.CANCEL_ENABLED)}

    def _taskmanagers(self) -> Document:
        reader = self._dispatcher.reader
        slots = reader.slots()
        views = {job_id: reader.job(job_id) for job_id in {row.job for row in slots.ledger}}
        own = {row.taskmanager: self._dispatcher.coordination.slots.all(row.taskmanager) for row in slots.taskmanagers}
        return taskmanagers(slots, reader.taskmanager_infos(), reader.services(), views, own)

    def _leases(self, wanted: list[str]) -> list[Lease]:
        held = self._dispatcher.coordination.leases
        return leases(wanted, held.free(wanted), {role: held.epoch(role) for role in wanted})
