"""`/applications` and below."""

from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import rest
from penstock_dispatcher.answers import Json
from penstock_dispatcher.applications.application import Application, applications_of
from penstock_dispatcher.applications.application_json import (
    application_details,
    application_exceptions,
    application_item,
)
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_cancelling import cancel
from penstock_dispatcher.logs.environment_json import configuration_entries
from penstock_dispatcher.problems import Conflict, Forbidden, NotFound
from penstock_dispatcher.request_reading import hex_id

_MOST_EXCEPTIONS = 20


class ApplicationResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def _application(self, request: Request) -> Application:
        wanted = hex_id(request, "applicationid")
        for application in applications_of(self._dispatcher.reader.jobs()):
            if application.id == wanted:
                return application
        raise NotFound(f"Application {wanted} not found")

    def overview(self, request: Request) -> Response:
        applications = applications_of(self._dispatcher.reader.jobs())
        return Json({"applications": [application_item(application) for application in applications]})

    def application(self, request: Request) -> Response:
        return Json(application_details(self._application(request)))

    def exceptions(self, request: Request) -> Response:
        return Json(application_exceptions(self._application(request), _MOST_EXCEPTIONS))

    def configuration(self, request: Request) -> Response:
        """The cluster's, with what the program has set above it."""
        application = self._application(request)
        effective = self._dispatcher.configuration_of(application.jobs[0].graph)
        return Json(configuration_entries(effective))

    def cancel(self, request: Request) -> Response:
        """All of its jobs that have not ended."""
        if not self._dispatcher.configuration.get(rest.CANCEL_ENABLED):
            raise Forbidden("jobs cannot be cancelled by REST here: web.cancel.enable is false")
        self._dispatcher.reader.cache.clear()
        application = self._application(request)
        live = [view for view in application.jobs if not view.row.state.is_terminal]
        if not live:
            raise Conflict(f"Application {application.id} has ended: it is {application.status}")
        for view in live:
            cancel(self._dispatcher.coordination, view.row.job, request)
        return Json({}, 202)
