"""The dispatcher's ASGI application: every resource with and without /v1, errors in Flink's form."""

from collections.abc import Callable
from typing import Any

import redis.exceptions
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from penstock.client.config import Configuration, rest
from penstock.client.config.options import security
from penstock.security.configured import bearer_of
from penstock.service.outage import is_outage
from penstock_dispatcher.access_control import AccessControl
from penstock_dispatcher.answers import errors
from penstock_dispatcher.bearer_token import BearerToken
from penstock_dispatcher.body_limit import BodyLimit
from penstock_dispatcher.checkpoint_resources import CheckpointResources
from penstock_dispatcher.cluster_resources import ClusterResources
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.disposal_resources import DisposalResources
from penstock_dispatcher.hosts import AllowedHosts
from penstock_dispatcher.jar_plan import JarPlan
from penstock_dispatcher.jar_resources import JarResources
from penstock_dispatcher.job_resources import JobResources
from penstock_dispatcher.live.resources import LiveResources
from penstock_dispatcher.logs.follow_resources import FollowResources
from penstock_dispatcher.metrics.scrape_resources import ScrapeResources
from penstock_dispatcher.openapi.resources import openapi_route
from penstock_dispatcher.problems import Problem, Unavailable
from penstock_dispatcher.reference_routes import log_routes, metric_routes, program_routes, vertex_routes
from penstock_dispatcher.savepoint_resources import SavepointResources
from penstock_dispatcher.submission_resources import SubmissionResources
from penstock_dispatcher.tap.resources import TapResources
from penstock_dispatcher.web_ui import WebUi

_log = structlog.get_logger()


def build_app(dispatcher: Dispatcher) -> Starlette:
    """The application of one replica."""
    flink = flink_routes(dispatcher)
    own = _penstock_routes(dispatcher)
    return Starlette(
        routes=[
            *own,
            openapi_route([*own, *flink]),
            Mount("/v1", routes=flink),
            *flink,
            *WebUi().routes(),
        ],
        middleware=[
            *_guards(dispatcher.configuration),
            Middleware(BodyLimit, limit=dispatcher.configuration.get(rest.SERVER_MAX_CONTENT_LENGTH)),
        ],
        exception_handlers={
            Problem: _problem,
            HTTPException: _http_exception,
            redis.exceptions.RedisError: _redis_error,
            ClientDisconnect: _disconnected,
            Exception: _defect,
        },
    )


def _guards(configuration: Configuration) -> list[Middleware]:
    """Who may ask at all. ValueError names a token that cannot be used."""
    hosts = [*(configuration.find(security.ALLOWED_HOSTS) or ()), configuration.find(rest.REST_ADDRESS) or ""]
    hosts.append(configuration.find(rest.ADVERTISED_ADDRESS) or "")
    origins = (configuration.find(security.ALLOW_ORIGIN) or "").split(",")
    return [
        Middleware(AccessControl, origins=origins, hosts=AllowedHosts(hosts)),
        Middleware(BearerToken, bearer=bearer_of(configuration)),
    ]


def flink_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    """Flink's REST API."""
    return [
        *metric_routes(dispatcher),
        *_cluster_routes(dispatcher),
        *_job_routes(dispatcher),
        *_checkpoint_routes(dispatcher),
        *vertex_routes(dispatcher),
        *log_routes(dispatcher),
        *program_routes(dispatcher),
    ]


def _cluster_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    cluster, jars = ClusterResources(dispatcher), JarResources(dispatcher)
    return [
        _get("/overview", cluster.overview),
        _get("/config", cluster.config),
        _get("/taskmanagers", cluster.taskmanagers),
        _get("/taskmanagers/{taskmanagerid}", cluster.taskmanager),
        _get("/health", cluster.health),
        _get("/jars", jars.jars),
        Route("/jars/upload", jars.upload, methods=["POST"]),
        Route("/jars/{jarid}", jars.delete, methods=["DELETE"]),
        Route("/jars/{jarid}/run", jars.run, methods=["POST"]),
        Route("/jars/{jarid}/plan", JarPlan(dispatcher).plan, methods=["GET", "POST"]),
    ]


def _job_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    jobs = JobResources(dispatcher)
    return [
        _get("/jobs", jobs.jobs),
        _get("/jobs/overview", jobs.overview),
        _get("/jobs/{jobid}", jobs.job),
        Route("/jobs/{jobid}", jobs.terminate, methods=["PATCH"]),
        _get("/jobs/{jobid}/yarn-cancel", jobs.cancel),
        _get("/jobs/{jobid}/status", jobs.status),
        _get("/jobs/{jobid}/plan", jobs.plan),
        _get("/jobs/{jobid}/config", jobs.config),
        _get("/jobs/{jobid}/exceptions", jobs.exceptions),
        _get("/jobs/{jobid}/execution-result", jobs.execution_result),
        _get("/jobs/{jobid}/vertices/{vertexid}", jobs.vertex),
    ]


def _checkpoint_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    checkpoints, savepoints = CheckpointResources(dispatcher), SavepointResources(dispatcher)
    disposal = DisposalResources(dispatcher)
    of_checkpoint = "/jobs/{jobid}/checkpoints/details/{checkpointid}"
    return [
        _get("/jobs/{jobid}/checkpoints", checkpoints.statistics),
        Route("/jobs/{jobid}/checkpoints", checkpoints.trigger, methods=["POST"]),
        _get("/jobs/{jobid}/checkpoints/config", checkpoints.config),
        _get("/jobs/{jobid}/checkpoints/{triggerid}", checkpoints.triggered),
        _get(of_checkpoint, checkpoints.details),
        _get(of_checkpoint + "/subtasks/{vertexid}", checkpoints.subtasks),
        Route("/jobs/{jobid}/savepoints", savepoints.trigger, methods=["POST"]),
        _get("/jobs/{jobid}/savepoints/{triggerid}", savepoints.triggered),
        Route("/jobs/{jobid}/stop", savepoints.stop, methods=["POST"]),
        Route("/jobs/{jobid}/rescaling", savepoints.rescale, methods=["PATCH"]),
        _get("/jobs/{jobid}/rescaling/{triggerid}", savepoints.rescaled),
        Route("/savepoint-disposal", disposal.trigger, methods=["POST"]),
        _get("/savepoint-disposal/{triggerid}", disposal.triggered),
    ]


def _penstock_routes(dispatcher: Dispatcher) -> list[BaseRoute]:
    cluster, submissions = ClusterResources(dispatcher), SubmissionResources(dispatcher)
    live = LiveResources(dispatcher)
    return [
        _get("/metrics", ScrapeResources(dispatcher.exposition).metrics),
        _get("/penstock/cluster", cluster.cluster),
        Route("/penstock/blobs/missing", submissions.missing_blobs, methods=["POST"]),
        Route("/penstock/blobs/{digest}", submissions.put_blob, methods=["PUT"]),
        Route("/penstock/jobs", submissions.submit, methods=["POST"]),
        _get("/penstock/jobs/{jobid}/collect/{collectid}", submissions.collect),
        *live.routes(),
        *TapResources(dispatcher, live).routes(),
        *FollowResources(dispatcher, live).routes(),
    ]


def _get(path: str, endpoint: Callable[[Request], Response]) -> Route:
    return Route(path, endpoint, methods=["GET"])


async def _problem(request: Request, problem: Any) -> Response:
    return errors(problem.status, *problem.messages, headers=problem.headers)


async def _http_exception(request: Request, error: Any) -> Response:
    """Starlette's own: no such path, method not allowed, a malformed form."""
    text = {404: f"Not found: {request.url.path}", 405: f"{request.method} is not allowed for {request.url.path}"}
    return errors(error.status_code, text.get(error.status_code, error.detail), headers=error.headers)


async def _redis_error(request: Request, error: Any) -> Response:
    if not is_outage(error):
        return await _defect(request, error)
    return await _problem(request, Unavailable.during(error))


async def _disconnected(request: Request, error: Any) -> Response:
    """Nobody is left to read it."""
    return errors(400, "the client went away in the middle of its request")


async def _defect(request: Request, error: Any) -> Response:
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return errors(500, f"Internal server error: {type(error).__name__}: {error}")
