"""`/penstock/logs`: the logs of all processes, and what was added to one since a reader looked last."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from penstock.client.config import cluster
from penstock.service.outage import is_outage
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.live.documents import Document
from penstock_dispatcher.live.resources import LiveResources
from penstock_dispatcher.logs.log_folder import KINDS, LogFolder
from penstock_dispatcher.logs.log_page import LogPage
from penstock_dispatcher.problems import BadRequest, NotFound
from penstock_dispatcher.request_reading import integer_parameter

#: bytes of one answer
_MOST, _USUAL = 1 << 20, 64 << 10


class FollowResources:
    """Endpoints; each blocks and runs in a thread. `live`: who counts the streams of this dispatcher."""

    def __init__(self, dispatcher: Dispatcher, live: LiveResources) -> None:
        self._dispatcher, self._live = dispatcher, live
        folder = dispatcher.configuration.find(cluster.LOG_DIR)
        self._folder = LogFolder(Path(folder) if folder else None)
        self._taskmanagers: tuple[str, ...] = ()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/penstock/logs", self.logs, methods=["GET"]),
            Route("/penstock/logs/{filename}", self.log, methods=["GET"]),
            *self._live.page_routes("/logs", self._page),
        ]

    def logs(self, request: Request) -> Response:
        """All files. `folder`: false where processes log elsewhere, and there is nothing to show."""
        files = [
            {"name": f.name, "process": f.process, "size": f.size, "modified": f.modified}
            for f in self._folder.of(*self._processes())
        ]
        return Json({"folder": self._folder.is_there, "logs": files})

    def log(self, request: Request) -> Response:
        """Whole lines: from byte `after` on, else the last ones; at most `most` bytes. `end`: the next `after`."""
        name = str(request.path_params["filename"])
        after = _after(request)
        most = min(_MOST, integer_parameter(request, "most", _USUAL, 1))
        try:
            part = self._folder.part(name, self._processes(), after, most)
        except KeyError:
            hint = "" if self._folder.is_there else f": {cluster.LOG_DIR.key} names no folder"
            raise NotFound(f"there is no log file {name[:200]!r}{hint}") from None
        text = part.content.decode(errors="replace")
        return Json({"name": name, "begin": part.begin, "end": part.end, "size": part.size, "text": text})

    def _page(self, request: Request) -> Callable[[], Document]:
        asked, last, after = request.query_params.get("file"), request.query_params.get("last"), _after(request)
        if after is not None and not (asked or last):
            raise BadRequest(f"query parameter after is {after}, a byte of no log; expected file or last to name one")
        return LogPage(self._folder, self._processes, asked, last, after)

    def _processes(self) -> list[str]:
        try:
            self._taskmanagers = tuple(row.taskmanager for row in self._dispatcher.reader.slots().taskmanagers)
        except Exception as error:
            # files are here whether Redis is or not: those of the TaskManagers known last are shown
            if not is_outage(error):
                raise
        return [*KINDS, *self._taskmanagers]


def _after(request: Request) -> int | None:
    return integer_parameter(request, "after", 0) if "after" in request.query_params else None
