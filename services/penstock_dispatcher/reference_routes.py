"""Routes of Flink's REST API that are answered from what jobs, processes and logs tell."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from penstock_dispatcher.applications.resources import ApplicationResources
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.logs.resources import LogResources
from penstock_dispatcher.metrics.resources import MetricResources
from penstock_dispatcher.refused_resources import RefusedResources
from penstock_dispatcher.rescaling.resources import RescalingResources
from penstock_dispatcher.vertices.flamegraph_resource import FlamegraphResource
from penstock_dispatcher.vertices.resources import VertexResources

_JOB = "/jobs/{jobid}"
_VERTEX = "/jobs/{jobid}/vertices/{vertexid}"
_SUBTASK = _VERTEX + "/subtasks/{subtaskindex}"
_TASKMANAGER = "/taskmanagers/{taskmanagerid}"


def vertex_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    """Below a vertex."""
    vertices, metrics = VertexResources(dispatcher), MetricResources(dispatcher)
    return [
        _get(f"{_JOB}/accumulators", vertices.job_accumulators),
        _get(f"{_VERTEX}/accumulators", vertices.accumulators),
        _get(f"{_VERTEX}/backpressure", vertices.backpressure),
        _get(f"{_VERTEX}/flamegraph", FlamegraphResource(dispatcher).flamegraph),
        _get(f"{_VERTEX}/jm-operator-metrics", metrics.of_coordinators),
        _get(f"{_VERTEX}/metrics", metrics.of_vertex),
        _get(f"{_VERTEX}/subtasktimes", vertices.subtask_times),
        _get(f"{_VERTEX}/taskmanagers", vertices.taskmanagers),
        _get(f"{_VERTEX}/watermarks", vertices.watermarks),
        _get(f"{_VERTEX}/subtasks/accumulators", vertices.subtask_accumulators),
        _get(f"{_VERTEX}/subtasks/metrics", metrics.of_subtasks),
        _get(_SUBTASK, vertices.subtask),
        _get(f"{_SUBTASK}/metrics", metrics.of_subtask),
        _get(_SUBTASK + "/attempts/{attempt}", vertices.attempt),
        _get(_SUBTASK + "/attempts/{attempt}/accumulators", vertices.attempt_accumulators),
    ]


def metric_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    """Of jobs and processes. To stand before `/jobs/{jobid}` and `/taskmanagers/{taskmanagerid}`."""
    metrics = MetricResources(dispatcher)
    return [
        _get("/jobs/metrics", metrics.of_jobs),
        _get(f"{_JOB}/metrics", metrics.of_job),
        _get("/taskmanagers/metrics", metrics.of_taskmanagers),
        _get(f"{_TASKMANAGER}/metrics", metrics.of_taskmanager),
        _get("/jobmanager/metrics", metrics.of_jobmanager),
    ]


def log_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    """Logs, threads, settings."""
    logs = LogResources(dispatcher)
    return [
        _get("/jobmanager/config", logs.configuration),
        _get("/jobmanager/environment", logs.environment),
        _get("/jobmanager/log", logs.jobmanager_log),
        _get("/jobmanager/logs", logs.jobmanager_logs),
        _get("/jobmanager/logs/{filename}", logs.jobmanager_file),
        _get("/jobmanager/stdout", logs.jobmanager_stdout),
        _get("/jobmanager/thread-dump", logs.jobmanager_threads),
        _get(f"{_JOB}/jobmanager/config", logs.job_configuration),
        _get(f"{_JOB}/jobmanager/environment", logs.job_environment),
        _get(f"{_JOB}/jobmanager/log-url", logs.jobmanager_log_url),
        _get(_JOB + "/taskmanagers/{taskmanagerid}/log-url", logs.taskmanager_log_url),
        _get(f"{_TASKMANAGER}/log", logs.taskmanager_log),
        _get(f"{_TASKMANAGER}/logs", logs.taskmanager_logs),
        _get(_TASKMANAGER + "/logs/{filename}", logs.taskmanager_file),
        _get(f"{_TASKMANAGER}/stdout", logs.taskmanager_stdout),
        _get(f"{_TASKMANAGER}/thread-dump", logs.taskmanager_threads),
    ]


def program_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    """Applications, rescaling, and what is refused."""
    applications, rescaling = ApplicationResources(dispatcher), RescalingResources(dispatcher)
    refused = RefusedResources(dispatcher)
    application = "/applications/{applicationid}"
    return [
        _get("/applications/overview", applications.overview),
        _get(application, applications.application),
        Route(f"{application}/cancel", applications.cancel, methods=["POST"]),
        _get(f"{application}/exceptions", applications.exceptions),
        _get(f"{application}/jobmanager/config", applications.configuration),
        _get(f"{_JOB}/resource-requirements", rescaling.requirements),
        Route(f"{_JOB}/resource-requirements", rescaling.require, methods=["PUT"]),
        _get(f"{_JOB}/rescales/config", rescaling.config),
        _get(_JOB + "/rescales/details/{rescaleuuid}", rescaling.details),
        _get(f"{_JOB}/rescales/history", rescaling.history),
        _get(f"{_JOB}/rescales/overview", rescaling.overview),
        _get(f"{_JOB}/rescales/summary", rescaling.summary),
        Route("/cluster", refused.shut_down, methods=["DELETE"]),
        _get("/datasets", refused.datasets),
        Route("/datasets/{datasetid}", refused.delete_dataset, methods=["DELETE"]),
        _get("/datasets/delete/{triggerid}", refused.deleted_dataset),
        Route("/jars/{jarid}/run-application", refused.run_application, methods=["POST"]),
        Route("/jobs", refused.submit_stream_graph, methods=["POST"]),
        Route(f"{_JOB}/clientHeartbeat", refused.client_heartbeat, methods=["PATCH"]),
        Route(_JOB + "/coordinators/{operatorUid}", refused.coordinate, methods=["POST"]),
        _get(f"{_JOB}/yarn-stop", refused.stop),
    ]


def _get(path: str, endpoint: Callable[[Request], Response]) -> Route:
    return Route(path, endpoint, methods=["GET"])
