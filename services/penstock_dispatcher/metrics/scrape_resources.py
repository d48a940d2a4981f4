"""`/metrics`: everything, in Prometheus' text form."""

from starlette.requests import Request
from starlette.responses import Response

from penstock.service.exposition import MEDIA_TYPE, Exposition


class ScrapeResources:
    """An endpoint; it blocks and runs in a thread."""

    def __init__(self, exposition: Exposition) -> None:
        self._exposition = exposition

    def metrics(self, request: Request) -> Response:
        return Response(self._exposition.render(), headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})
