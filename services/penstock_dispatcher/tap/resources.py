"""`/penstock/jobs/:id/taps`, `/penstock/jobs/:id/vertices/:id/tap`; what passes, to be followed, for a page."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.live.documents import Document
from penstock_dispatcher.live.resources import LiveResources
from penstock_dispatcher.request_reading import hex_id
from penstock_dispatcher.tap.tap_request import TapRequest
from penstock_dispatcher.tap.tapping import Tapping

_TAP = "/jobs/{jobid}/vertices/{vertexid}/tap"


class TapResources:
    """Endpoints; each blocks and runs in a thread. `live`: who counts the streams of this dispatcher."""

    def __init__(self, dispatcher: Dispatcher, live: LiveResources) -> None:
        self._tapping, self._live = Tapping(dispatcher), live

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/penstock/jobs/{jobid}/taps", self.points, methods=["GET"]),
            Route(f"/penstock{_TAP}", self.tap, methods=["GET"]),
            *self._live.page_routes(_TAP, self._page),
        ]

    def points(self, request: Request) -> Response:
        return Json(self._tapping.points(hex_id(request, "jobid")))

    def tap(self, request: Request) -> Response:
        return Json(self._tapping.look(TapRequest.of(request)))

    def _page(self, request: Request) -> Callable[[], Document]:
        asked = TapRequest.of(request)
        self._tapping.check_enabled()
        return lambda: self._tapping.look(asked)
