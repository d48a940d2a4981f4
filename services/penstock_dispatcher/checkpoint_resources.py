"""`/jobs/:id/checkpoints` and below: what there is of a job's checkpoints, and one more on demand."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.coordination.messages import CheckpointRequested
from penstock.coordination.rows import CheckpointRow
from penstock_dispatcher.answers import Json
from penstock_dispatcher.checkpoint_config_json import checkpoint_config
from penstock_dispatcher.checkpoint_json import checkpoint_details, checkpointing_statistics, subtasks_of
from penstock_dispatcher.checkpoint_subtask_json import checkpoint_subtasks
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_requests import JobRequests
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.operation_request import CheckpointTriggerRequestBody, parsed, trigger_id
from penstock_dispatcher.problems import BadRequest, NotFound
from penstock_dispatcher.request_reading import hex_id, json_object, path_number
from penstock_dispatcher.trigger_json import checkpoint_operation


class CheckpointResources:
    """Endpoints; those that are not async block and run in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._requests = JobRequests(dispatcher.coordination, dispatcher.reader)

    def _job(self, request: Request) -> JobView:
        return self._dispatcher.reader.job(hex_id(request, "jobid"))

    def _checkpoint(self, request: Request, view: JobView) -> CheckpointRow:
        number = path_number(request, "checkpointid")
        try:
            return view.checkpoints.checkpoint(number)
        except KeyError:
            raise NotFound(f"Could not find checkpointing statistics for checkpoint {number}.") from None

    def statistics(self, request: Request) -> Response:
        return Json(checkpointing_statistics(self._job(request).checkpoints))

    def config(self, request: Request) -> Response:
        return Json(checkpoint_config(self._dispatcher.configuration_of(self._job(request).graph)))

    def details(self, request: Request) -> Response:
        view = self._job(request)
        row = self._checkpoint(request, view)
        return Json(checkpoint_details(row, view.checkpoints.tasks(row.checkpoint), view.graph))

    def subtasks(self, request: Request) -> Response:
        view, vertex_id = self._job(request), hex_id(request, "vertexid")
        row = self._checkpoint(request, view)
        tasks = [t for t in view.checkpoints.tasks(row.checkpoint) if t.vertex == vertex_id]
        try:
            subtasks = subtasks_of(row, tasks, view.vertex(vertex_id))
        except KeyError:
            raise NotFound(f"There is no checkpoint statistics for task {vertex_id}.") from None
        return Json(checkpoint_subtasks(row, tasks, subtasks))

    async def trigger(self, request: Request) -> Response:
        """A checkpoint now, whatever the interval: `{"request-id"}` to ask for it with."""
        job = hex_id(request, "jobid")
        body = parsed(await json_object(request, empty=True), CheckpointTriggerRequestBody)
        if body.type == "INCREMENTAL":
            raise BadRequest(
                "checkpointType INCREMENTAL cannot be asked for (FLINK-33723): CONFIGURED is incremental where "
                "execution.checkpointing.incremental is set"
            )
        trigger = trigger_id(body.trigger)
        asked = CheckpointRequested(
            trigger=trigger, savepoint=False, full=body.type == "FULL", time=time.time_ns() // 1_000_000
        )
        await run_in_threadpool(self._requests.append, job, asked)
        return Json({"request-id": trigger}, 202)

    def triggered(self, request: Request) -> Response:
        job, trigger = hex_id(request, "jobid"), hex_id(request, "triggerid")
        return Json(checkpoint_operation(self._requests.find(job, trigger, "checkpoint")))
