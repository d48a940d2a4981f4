"""`/jars/:id/plan`: what a program would run, without running it."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import rest
from penstock.graph.job_graph import JobGraph
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.jar_request import cluster_defaults, parse_run_request
from penstock_dispatcher.live.job_graph import shape
from penstock_dispatcher.plan_json import job_plan
from penstock_dispatcher.problems import BadRequest, Forbidden, NotFound
from penstock_dispatcher.request_reading import json_object


class JarPlan:
    """Runs main() up to its first execute()."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def plan(self, request: Request) -> Response:
        """`plan` is Flink's; `graph` has the chains and edges as `/penstock/views/jobs/:id/graph` has them."""
        dispatcher = self._dispatcher
        if not dispatcher.configuration.get(rest.SUBMIT_ENABLED):
            raise Forbidden("programs cannot be run by REST here: web.submit.enable is false")
        jar = str(request.path_params["jarid"])
        row = await run_in_threadpool(dispatcher.jars.get, jar)
        if row is None:
            raise NotFound(f"File {jar} does not exist")
        wanted = parse_run_request(await json_object(request, empty=True), request.query_params)
        content = await run_in_threadpool(dispatcher.coordination.blobs.get, row.digest)
        configuration = wanted.configuration(cluster_defaults(dispatcher.configuration))
        run = await dispatcher.runner.run(row, content, wanted, configuration, wanted.job_id(), "", plan_only=True)
        if run.graph is None:
            raise BadRequest(f"{row.name} has no job: it never came to execute()")
        return Json(_shown(run.graph))


def _shown(graph: JobGraph) -> dict[str, Any]:
    return {"plan": job_plan(graph), "graph": {"name": graph.name, "type": graph.job_type, **shape(graph)}}
