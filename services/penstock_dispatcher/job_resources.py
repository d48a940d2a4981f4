"""`/jobs` and below."""

from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import rest
from penstock_dispatcher.answers import Json
from penstock_dispatcher.applications.application import application_ids
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.failure_json import execution_result, job_exceptions
from penstock_dispatcher.job_cancelling import cancel
from penstock_dispatcher.job_json import job_config, job_details, overview_item
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.plan_json import job_plan
from penstock_dispatcher.problems import BadRequest, Conflict, Forbidden, Moved
from penstock_dispatcher.request_reading import hex_id, integer_parameter
from penstock_dispatcher.vertex_json import vertex_details

_DEFAULT_EXCEPTIONS = 20


class JobResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def _job(self, request: Request) -> JobView:
        return self._dispatcher.reader.job(hex_id(request, "jobid"))

    def jobs(self, request: Request) -> Response:
        views = self._dispatcher.reader.jobs()
        return Json({"jobs": [{"id": v.row.job, "status": v.row.state.value} for v in views]})

    def overview(self, request: Request) -> Response:
        return Json({"jobs": [overview_item(view) for view in self._dispatcher.reader.jobs()]})

    def job(self, request: Request) -> Response:
        view = self._job(request)
        ids = self._dispatcher.reader.job_ids()
        applications = self._dispatcher.reader.cache.get("applications", lambda: application_ids(ids))
        return Json(job_details(view, applications.get(view.row.job, view.row.job)))

    def status(self, request: Request) -> Response:
        return Json({"status": self._job(request).row.state.value})

    def plan(self, request: Request) -> Response:
        return Json({"plan": job_plan(self._job(request).graph)})

    def config(self, request: Request) -> Response:
        view = self._job(request)
        try:
            return Json(job_config(view, self._dispatcher.configuration_of(view.graph)))
        except ValueError as error:
            raise Conflict(f"the configuration of job {view.row.job} cannot be read: {error}") from None

    def vertex(self, request: Request) -> Response:
        view = self._job(request)
        return Json(vertex_details(view, view.vertex_of_request(hex_id(request, "vertexid"))))

    def exceptions(self, request: Request) -> Response:
        most = integer_parameter(request, "maxExceptions", _DEFAULT_EXCEPTIONS, 1)
        return Json(job_exceptions(self._job(request), most, _labels(request)))

    def execution_result(self, request: Request) -> Response:
        return Json(execution_result(self._job(request)))

    def terminate(self, request: Request) -> Response:
        """`PATCH /jobs/:id?mode=cancel`, which is also the default. Flink has removed `stop`, and says so by a 308."""
        mode = request.query_params.get("mode", "cancel")
        if mode == "stop":
            raise Moved(
                'The termination mode "stop" has been removed. For an ungraceful shutdown, please use "cancel" '
                'instead. For a graceful shutdown, please use "jobs/:jobId/stop" instead.'
            )
        if mode != "cancel":
            raise BadRequest(f"mode {mode[:40]!r} is not one of: cancel")
        return self.cancel(request)

    def cancel(self, request: Request) -> Response:
        """Tells the JobMaster; the job's state changes once it has heard."""
        if not self._dispatcher.configuration.get(rest.CANCEL_ENABLED):
            raise Forbidden("jobs cannot be cancelled by REST here: web.cancel.enable is false")
        self._dispatcher.reader.cache.clear()
        view = self._job(request)
        if view.row.state.is_terminal:
            raise Conflict(f"Job {view.row.job} has ended: it is {view.row.state.value}")
        cancel(self._dispatcher.coordination, view.row.job, request)
        return Json({}, 202)


def _labels(request: Request) -> dict[str, str]:
    """`failureLabelFilter=KEY:VALUE[,…]`, repeatable."""
    labels: dict[str, str] = {}
    for text in request.query_params.getlist("failureLabelFilter"):
        for part in text.split(","):
            key, colon, value = part.partition(":")
            if not (key and colon):
                raise BadRequest(
                    f"query parameter failureLabelFilter is {text[:80]!r}; expected KEY:VALUE[,KEY:VALUE…]"
                )
            labels[key] = value
    return labels
