"""`/openapi.json`."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from penstock_dispatcher.answers import Json
from penstock_dispatcher.openapi.document import document

PATH = "/openapi.json"


def routed(routes: Iterable[BaseRoute]) -> set[str]:
    """Their operations, "METHOD /path". HEAD goes with GET."""
    return {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }


def openapi_route(routes: Iterable[BaseRoute]) -> Route:
    """Serves the document of these routes and of itself."""
    answer = document(routed(routes) | {f"GET {PATH}"})

    def openapi(request: Request) -> Response:
        return Json(answer)

    return Route(PATH, openapi, methods=["GET"])
