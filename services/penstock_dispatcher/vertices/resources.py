"""Endpoints below `/jobs/:id/vertices/:vid` that tell of subtasks."""

from starlette.requests import Request
from starlette.responses import Response

from penstock.coordination.rows import ExecutionRow
from penstock.graph.job_graph import JobVertex
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.problems import NotFound
from penstock_dispatcher.request_reading import hex_id, path_number
from penstock_dispatcher.vertex_json import UNASSIGNED, subtask_details
from penstock_dispatcher.vertices.backpressure_json import vertex_backpressure
from penstock_dispatcher.vertices.subtask_times_json import subtask_times
from penstock_dispatcher.vertices.taskmanagers_json import vertex_taskmanagers


class VertexResources:
    """Each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def _vertex(self, request: Request) -> tuple[JobView, JobVertex]:
        view = self._dispatcher.reader.job(hex_id(request, "jobid"))
        return view, view.vertex_of_request(hex_id(request, "vertexid"))

    def _subtask(self, request: Request) -> tuple[JobView, ExecutionRow]:
        view, vertex = self._vertex(request)
        index = path_number(request, "subtaskindex")
        if index >= vertex.parallelism:
            raise NotFound(f"Subtask {index} of vertex {vertex.id} not found: it has {vertex.parallelism}")
        return view, view.attempts(vertex)[index]

    def _attempt(self, request: Request) -> tuple[JobView, ExecutionRow]:
        """The current attempt, or an earlier one that is remembered."""
        view, row = self._subtask(request)
        wanted = path_number(request, "attempt")
        for found in (row, *view.history(row.vertex, row.subtask)):
            if found.attempt == wanted:
                return view, found
        raise NotFound(
            f"Attempt {wanted} of subtask {row.subtask} of vertex {row.vertex} not found: the current one is "
            f"{row.attempt}; jobmanager.execution.attempts-history-size earlier ones are remembered"
        )

    def subtask(self, request: Request) -> Response:
        return Json(subtask_details(*self._subtask(request)))

    def attempt(self, request: Request) -> Response:
        return Json(subtask_details(*self._attempt(request)))

    def subtask_times(self, request: Request) -> Response:
        return Json(subtask_times(*self._vertex(request)))

    def taskmanagers(self, request: Request) -> Response:
        return Json(vertex_taskmanagers(*self._vertex(request)))

    def backpressure(self, request: Request) -> Response:
        return Json(vertex_backpressure(*self._vertex(request)))

    def watermarks(self, request: Request) -> Response:
        """Text, as all values of metrics. Subtasks without a watermark yet are left out."""
        view, vertex = self._vertex(request)
        measured = [(row.subtask, view.measured(row)) for row in view.attempts(vertex)]
        return Json(
            [
                {"id": f"{subtask}.currentInputWatermark", "value": str(m.watermark)}
                for subtask, m in measured
                if m is not None and m.watermark is not None
            ]
        )

    # -- accumulators: PyFlink's functions cannot make any, so there are none ---------------------------------------
    def accumulators(self, request: Request) -> Response:
        _, vertex = self._vertex(request)
        return Json({"id": vertex.id, "user-accumulators": []})

    def subtask_accumulators(self, request: Request) -> Response:
        view, vertex = self._vertex(request)
        subtasks = [
            {
                "subtask": row.subtask,
                "attempt": row.attempt,
                "endpoint": row.endpoint or UNASSIGNED,
                "user-accumulators": [],
            }
            for row in view.attempts(vertex)
        ]
        return Json({"id": vertex.id, "parallelism": vertex.parallelism, "subtasks": subtasks})

    def attempt_accumulators(self, request: Request) -> Response:
        _, row = self._attempt(request)
        body = {"subtask": row.subtask, "attempt": row.attempt, "id": f"{row.vertex}_{row.subtask}_{row.attempt}"}
        return Json({**body, "user-accumulators": []})

    def job_accumulators(self, request: Request) -> Response:
        self._dispatcher.reader.job(hex_id(request, "jobid"))
        return Json({"job-accumulators": [], "user-task-accumulators": [], "serialized-user-task-accumulators": {}})
