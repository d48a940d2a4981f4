"""`/jobs/:id/resource-requirements` and `/jobs/:id/rescales`."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.coordination.messages import RescaleRequested
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_requests import JobRequests
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.operation_request import trigger_id
from penstock_dispatcher.problems import NotFound
from penstock_dispatcher.request_reading import hex_id, json_object
from penstock_dispatcher.rescaling.requirements_json import requirements, wanted_parallelism
from penstock_dispatcher.rescaling.rescales_json import rescales_config, rescales_overview, rescales_summary
from penstock_dispatcher.rescaling.room import check_room


class RescalingResources:
    """Endpoints; those that are not async block and run in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._requests = JobRequests(dispatcher.coordination, dispatcher.reader)

    def _job(self, request: Request) -> JobView:
        return self._dispatcher.reader.job(hex_id(request, "jobid"))

    def requirements(self, request: Request) -> Response:
        return Json(requirements(self._job(request).graph))

    async def require(self, request: Request) -> Response:
        """Rescales the job, as `PATCH /jobs/:id/rescaling` does."""
        view = await run_in_threadpool(self._job, request)
        parallelism = wanted_parallelism(view.graph, await json_object(request))
        slots = await run_in_threadpool(self._dispatcher.reader.slots)
        check_room(view, parallelism, slots, self._dispatcher.configuration)
        wanted = RescaleRequested(trigger=trigger_id(None), parallelism=parallelism, time=time.time_ns() // 1_000_000)
        await run_in_threadpool(self._requests.append, view.row.job, wanted)
        return Json({})

    def history(self, request: Request) -> Response:
        """Empty: single rescalings are not recorded."""
        self._job(request)
        return Json([])

    def details(self, request: Request) -> Response:
        wanted = str(request.path_params["rescaleuuid"])[:80]
        raise NotFound(f"Rescale {wanted} of job {self._job(request).row.job} not found")

    def overview(self, request: Request) -> Response:
        return Json(rescales_overview(self._job(request).triggers))

    def summary(self, request: Request) -> Response:
        return Json(rescales_summary(self._job(request).triggers))

    def config(self, request: Request) -> Response:
        self._job(request)
        return Json(rescales_config())
