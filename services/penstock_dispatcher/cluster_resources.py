"""`/overview`, `/config`, `/taskmanagers`, `/health`, `/penstock/cluster`."""

import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from penstock import __version__
from penstock.client.config import cluster, rest
from penstock.coordination.rows import LedgerRow
from penstock.security.redis_urls import bare
from penstock_dispatcher.answers import Json
from penstock_dispatcher.cluster_reader import OWN_PYTHON
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.taskmanager_json import processes_of, taskmanager_details, taskmanager_item

#: the release of Flink whose REST API this is, and ours
_VERSION = f"2.3-penstock-{__version__}"


class ClusterResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def overview(self, request: Request) -> Response:
        reader = self._dispatcher.reader
        slots = reader.slots()
        return Json(
            {
                "taskmanagers": len(slots.taskmanagers),
                "slots-total": slots.total,
                "slots-available": slots.available,
                "taskmanagers-blocked": 0,
                "slots-free-and-blocked": 0,
                **reader.job_counts(),
                "flink-version": _VERSION,
                "flink-commit": __version__,
            }
        )

    def config(self, request: Request) -> Response:
        configuration = self._dispatcher.configuration
        zone = time.localtime()
        return Json(
            {
                "refresh-interval": int(configuration.get(rest.REFRESH_INTERVAL).total_seconds() * 1000),
                "timezone-name": zone.tm_zone,
                "timezone-offset": zone.tm_gmtoff * 1000,
                "flink-version": _VERSION,
                "flink-revision": __version__,
                "features": {
                    "web-submit": configuration.get(rest.SUBMIT_ENABLED),
                    "web-cancel": configuration.get(rest.CANCEL_ENABLED),
                    "web-rescale": False,
                    "web-history": False,
                },
            }
        )

    def taskmanagers(self, request: Request) -> Response:
        slots = self._dispatcher.reader.slots()
        tasks = self._tasks()
        return Json({"taskmanagers": [self._item(row.taskmanager, tasks) for row in slots.taskmanagers]})

    def taskmanager(self, request: Request) -> Response:
        reader, wanted = self._dispatcher.reader, str(request.path_params["taskmanagerid"])
        row = reader.taskmanager(wanted)
        tasks = self._tasks()
        processes = processes_of(row, reader.taskmanager_infos().get(wanted), reader.services())
        occupied = reader.slots().occupied(wanted)
        return Json(taskmanager_details(self._item(wanted, tasks), occupied, tasks, processes))

    def _item(self, taskmanager: str, tasks: dict[str, int]) -> dict[str, Any]:
        reader = self._dispatcher.reader
        row = reader.taskmanager(taskmanager)
        occupied: list[LedgerRow] = reader.slots().occupied(taskmanager)
        assigned = sum(tasks.get(r.allocation, 0) for r in occupied)
        return taskmanager_item(row, reader.taskmanager_infos().get(taskmanager), occupied, reader.services(), assigned)

    def _tasks(self) -> dict[str, int]:
        """Live tasks by allocation."""
        counts: dict[str, int] = {}
        for job in {row.job for row in self._dispatcher.reader.slots().ledger}:
            for execution in self._dispatcher.reader.job(job).executions.executions():
                if execution.allocation is not None and not execution.state.is_terminal:
                    counts[execution.allocation] = counts.get(execution.allocation, 0) + 1
        return counts

    def health(self, request: Request) -> Response:
        """200 while Redis answers; AWAY becomes 503 like everywhere."""
        self._dispatcher.coordination.ping()
        return Json({"status": "ok"})

    def cluster(self, request: Request) -> Response:
        """What a client has to know before it submits."""
        reader = self._dispatcher.reader
        configuration = self._dispatcher.configuration
        urls = configuration.find(cluster.EXCHANGE_URLS) or (configuration.get(cluster.REDIS_URL),)
        return Json(
            {
                "python-version": OWN_PYTHON,
                "python-versions": reader.python_versions(),
                "services": [msgspec.to_builtins(service) for service in reader.services()],
                "exchange": [bare(url) for url in urls],
            }
        )
