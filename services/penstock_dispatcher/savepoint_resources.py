"""`/jobs/:id/savepoints`, `/jobs/:id/stop`, `/jobs/:id/rescaling`: what a user asks of a job, and how it stands."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config.options import checkpointing
from penstock.coordination.messages import CheckpointRequested, RescaleRequested
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_requests import JobRequests
from penstock_dispatcher.operation_request import (
    SavepointTriggerRequestBody,
    StopWithSavepointRequestBody,
    parsed,
    trigger_id,
)
from penstock_dispatcher.problems import BadRequest
from penstock_dispatcher.request_reading import hex_id, integer_parameter, json_object
from penstock_dispatcher.rescaling.room import check_room
from penstock_dispatcher.trigger_json import plain_operation, savepoint_operation


class SavepointResources:
    """Endpoints; those that are not async block and run in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._requests = JobRequests(dispatcher.coordination, dispatcher.reader)

    async def trigger(self, request: Request) -> Response:
        """`{"request-id"}` to ask for the savepoint with; `cancel-job` cancels the job once it is there."""
        job = hex_id(request, "jobid")
        body = parsed(await json_object(request, empty=True), SavepointTriggerRequestBody)
        trigger = trigger_id(body.trigger)
        asked = CheckpointRequested(
            trigger=trigger,
            savepoint=True,
            directory=await run_in_threadpool(self._directory, job, body.target_directory, "target-directory"),
            cancel=bool(body.cancel_job),
            time=time.time_ns() // 1_000_000,
        )
        await run_in_threadpool(self._requests.append, job, asked)
        return Json({"request-id": trigger}, 202)

    async def stop(self, request: Request) -> Response:
        """A savepoint behind which the job does nothing more; with `drain` its input is ended before."""
        job = hex_id(request, "jobid")
        body = parsed(await json_object(request, empty=True), StopWithSavepointRequestBody)
        trigger = trigger_id(body.trigger)
        asked = CheckpointRequested(
            trigger=trigger,
            savepoint=True,
            directory=await run_in_threadpool(self._directory, job, body.target_directory, "targetDirectory"),
            stop="drain" if body.drain else "suspend",
            time=time.time_ns() // 1_000_000,
        )
        await run_in_threadpool(self._requests.append, job, asked)
        return Json({"request-id": trigger}, 202)

    def _directory(self, job: str, chosen: str | None, field: str) -> str:
        """As asked for, else the job's `execution.checkpointing.savepoint-dir`, else the cluster's."""
        if chosen:
            return chosen
        graph = self._dispatcher.reader.job(job).graph
        configured = self._dispatcher.configuration_of(graph).find(checkpointing.SAVEPOINT_DIR)
        if configured is None:
            key = checkpointing.SAVEPOINT_DIR.key
            raise BadRequest(f"Config key [{key}] is not set. Property [{field}] must be provided.")
        return configured

    def triggered(self, request: Request) -> Response:
        """Of a savepoint, and of one to stop with."""
        job, trigger = hex_id(request, "jobid"), hex_id(request, "triggerid")
        return Json(savepoint_operation(self._requests.find(job, trigger, "savepoint", "stop")))

    def rescale(self, request: Request) -> Response:
        """`PATCH ?parallelism=N`; a `triggerId` in the query makes it one that can be sent again."""
        job = hex_id(request, "jobid")
        if "parallelism" not in request.query_params:
            raise BadRequest("query parameter parallelism is missing: the parallelism to go on at")
        parallelism = integer_parameter(request, "parallelism", 0, 1)
        view = self._dispatcher.reader.job(job)
        most = max((v.max_parallelism for v in view.graph.vertices), default=1)
        if parallelism > most:
            raise BadRequest(f"parallelism {parallelism} is above the job's maximum parallelism, {most}")
        given = request.query_params.get("triggerId")
        trigger = trigger_id(given)
        if given is None or not self._requests.knows(job, trigger):
            check_room(view, parallelism, self._dispatcher.reader.slots(), self._dispatcher.configuration)
        asked = RescaleRequested(trigger=trigger, parallelism=parallelism, time=time.time_ns() // 1_000_000)
        self._requests.append(job, asked)
        # flink-rest-client looks for the other name
        return Json({"request-id": trigger, "triggerid": trigger})

    def rescaled(self, request: Request) -> Response:
        job, trigger = hex_id(request, "jobid"), hex_id(request, "triggerid")
        return Json(plain_operation(self._requests.find(job, trigger, "rescale")))
