"""Metrics of jobs, vertices, subtasks, TaskManagers and the JobManager."""

from starlette.requests import Request
from starlette.responses import Response

from penstock.graph.job_graph import JobVertex
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_metrics import job_metrics
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.metrics.latency_metrics import latency_metrics
from penstock_dispatcher.metrics.metric_query import aggregated_answer, chosen_subtasks, values_answer
from penstock_dispatcher.metrics.process_metrics import jobmanager_metrics, process_metrics, refusal_metrics
from penstock_dispatcher.metrics.task_metrics import Value, subtask_metrics
from penstock_dispatcher.problems import NotFound
from penstock_dispatcher.request_reading import checked_job_id, hex_id, listed_parameter, path_number
from penstock_dispatcher.taskmanager_json import processes_of


class MetricResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    # -- jobs --------------------------------------------------------------------------------------------------------
    def of_job(self, request: Request) -> Response:
        view = self._dispatcher.reader.job(hex_id(request, "jobid"))
        return values_answer(request, {**job_metrics(view), **latency_metrics(view)})

    def of_jobs(self, request: Request) -> Response:
        """Over `jobs`, else over all that have not ended."""
        reader, chosen = self._dispatcher.reader, listed_parameter(request, "jobs")
        if chosen is None:
            views = [view for view in reader.jobs() if not view.row.state.is_terminal]
        else:
            views = [reader.job(checked_job_id(job)) for job in chosen]
        return aggregated_answer(request, [job_metrics(view) for view in views])

    # -- vertices ----------------------------------------------------------------------------------------------------
    def of_vertex(self, request: Request) -> Response:
        """`<subtask>.<metric>` of every subtask."""
        view, vertex = self._vertex(request)
        found: dict[str, Value] = {}
        for row in view.attempts(vertex):
            metrics = subtask_metrics(vertex, view.measured(row))
            found |= {f"{row.subtask}.{name}": value for name, value in metrics.items()}
        return values_answer(request, found)

    def of_subtask(self, request: Request) -> Response:
        view, vertex = self._vertex(request)
        number = path_number(request, "subtaskindex")
        if number >= vertex.parallelism:
            raise NotFound(f"Subtask {number} of vertex {vertex.id} not found: it has {vertex.parallelism}")
        return values_answer(request, subtask_metrics(vertex, view.measured(view.attempts(vertex)[number])))

    def of_subtasks(self, request: Request) -> Response:
        """Over `subtasks`, else over all."""
        view, vertex = self._vertex(request)
        attempts = view.attempts(vertex)
        chosen = chosen_subtasks(request, vertex.parallelism)
        return aggregated_answer(request, [subtask_metrics(vertex, view.measured(attempts[n])) for n in chosen])

    def of_coordinators(self, request: Request) -> Response:
        """Flink's operator coordinators have no counterpart."""
        self._vertex(request)
        return Json([])

    def _vertex(self, request: Request) -> tuple[JobView, JobVertex]:
        view = self._dispatcher.reader.job(hex_id(request, "jobid"))
        return view, view.vertex_of_request(hex_id(request, "vertexid"))

    # -- processes ---------------------------------------------------------------------------------------------------
    def of_taskmanager(self, request: Request) -> Response:
        return values_answer(request, self._taskmanager(str(request.path_params["taskmanagerid"])))

    def of_taskmanagers(self, request: Request) -> Response:
        """Over `taskmanagers`, else over all."""
        chosen = listed_parameter(request, "taskmanagers")
        if chosen is None:
            chosen = [row.taskmanager for row in self._dispatcher.reader.slots().taskmanagers]
        return aggregated_answer(request, [self._taskmanager(name) for name in chosen])

    def _taskmanager(self, name: str) -> dict[str, Value]:
        reader = self._dispatcher.reader
        row, info = reader.taskmanager(name), reader.taskmanager_infos().get(name)
        processes = processes_of(row, info, reader.services())
        found = process_metrics(processes, info.physical_memory if info else 0)
        own = next((s for s in processes if s.service == "taskmanager"), None)
        return {**found, **refusal_metrics(processes), "Penstock.deliveriesRefused": own.refused if own else 0}

    def of_jobmanager(self, request: Request) -> Response:
        reader = self._dispatcher.reader
        slots = reader.slots()
        processes = [s for s in reader.services() if s.service == "jobmanager"]
        found = jobmanager_metrics(
            processes, len(slots.taskmanagers), slots.total, slots.available, reader.job_counts()
        )
        return values_answer(request, {**found, **refusal_metrics(processes)})
