"""`/penstock/views/…` and, as server-sent events, `/penstock/events/…`."""

from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.live.documents import PERIOD, Document, Documents
from penstock_dispatcher.live.event_stream import event_stream
from penstock_dispatcher.problems import Unavailable
from penstock_dispatcher.request_reading import checked_job_id, hex_id

#: streams of one dispatcher; who comes later is asked to poll
MOST_STREAMS = 64
#: what a request is answered from; made before the stream begins, so that a wrong one is told at once
Loader = Callable[[Request], Callable[[], Document]]


class LiveResources:
    """Endpoints of the pages. `views` block and run in a thread; `events` do not."""

    def __init__(self, dispatcher: Dispatcher, period: float = PERIOD) -> None:
        self._documents = Documents(dispatcher, period * 0.9)
        self._period = period
        self._streams = 0

    def routes(self) -> list[BaseRoute]:
        """Every page once as a document and once as a stream."""
        pages: dict[str, Loader] = {
            "/overview": lambda _: self._documents.overview,
            "/taskmanagers": lambda _: self._documents.taskmanagers,
            "/jobs/{jobid}": self._job,
        }
        routes: list[BaseRoute] = [
            Route("/penstock/views/jobs/{jobid}/graph", self.graph, methods=["GET"]),
            Route("/penstock/views/jobs/{jobid}/failures", self.failures, methods=["GET"]),
            Route("/penstock/views/jobs/{jobid}/attempts", self.attempts, methods=["GET"]),
        ]
        for path, loader in pages.items():
            routes += self.page_routes(path, loader)
        return routes

    def page_routes(self, path: str, loader: Loader) -> list[BaseRoute]:
        """A page as a document, and as a stream that counts among those of this dispatcher."""
        return [
            Route(f"/penstock/views{path}", self._view(loader), methods=["GET"]),
            Route(f"/penstock/events{path}", self._events(loader), methods=["GET"]),
        ]

    def graph(self, request: Request) -> Response:
        return Json(self._documents.graph(hex_id(request, "jobid")))

    def failures(self, request: Request) -> Response:
        return Json(self._documents.failures(hex_id(request, "jobid")))

    def attempts(self, request: Request) -> Response:
        return Json(self._documents.attempts(hex_id(request, "jobid")))

    def _job(self, request: Request) -> Callable[[], Document]:
        job, chosen = hex_id(request, "jobid"), request.query_params.get("vertex")
        vertex = None if chosen is None else checked_job_id(chosen)
        return lambda: self._documents.job(job, vertex)

    @staticmethod
    def _view(loader: Loader) -> Callable[[Request], Response]:
        def view(request: Request) -> Response:
            return Json(loader(request)())

        return view

    def _events(self, loader: Loader) -> Callable[[Request], Response]:
        async def events(request: Request) -> Response:
            load = loader(request)
            if self._streams >= MOST_STREAMS:
                raise Unavailable(f"{MOST_STREAMS} pages are open at this dispatcher; poll, or try again later")
            ends: Callable[[], bool] = getattr(request.app.state, "ends", lambda: False)
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(self._counted(load, ends), media_type="text/event-stream", headers=headers)

        return events  # type: ignore[return-value]

    async def _counted(self, load: Callable[[], Document], ends: Callable[[], bool]) -> AsyncIterator[bytes]:
        self._streams += 1
        try:
            async for event in event_stream(load, self._period, ends):
                yield event
        finally:
            self._streams -= 1
