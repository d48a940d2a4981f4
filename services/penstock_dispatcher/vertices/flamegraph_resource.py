"""`/jobs/:id/vertices/:vid/flamegraph`: asks the slots for samples, and shows what they have seen so far."""

from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import rest
from penstock.coordination.rows import ProfileRequest
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.problems import BadRequest, NotFound
from penstock_dispatcher.request_reading import hex_id, integer_parameter
from penstock_dispatcher.vertices.flamegraph_json import DISABLED, KINDS, TERMINATED, Kind, flamegraph

#: ms after the last request that slots go on with sampling
_LOOKED_AT = 10_000


class FlamegraphResource:
    """Blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def flamegraph(self, request: Request) -> Response:
        """`type`: FULL, ON_CPU, OFF_CPU; `subtaskindex`: of one subtask."""
        view = self._dispatcher.reader.job(hex_id(request, "jobid"))
        vertex = view.vertex_of_request(hex_id(request, "vertexid"))
        kind = _kind(request.query_params.get("type", "FULL"))
        wanted = None if "subtaskindex" not in request.query_params else integer_parameter(request, "subtaskindex", 0)
        if wanted is not None and wanted >= vertex.parallelism:
            raise NotFound(f"Subtask {wanted} of vertex {vertex.id} not found: it has {vertex.parallelism}")
        configuration = self._dispatcher.configuration
        if not configuration.get(rest.FLAMEGRAPH_ENABLED):
            return Json(DISABLED)
        attempts = {row.subtask: row for row in view.attempts(vertex)}
        if all(row.state.is_terminal for row in attempts.values()):
            return Json(TERMINATED)
        how = ProfileRequest(
            samples=configuration.get(rest.FLAMEGRAPH_SAMPLES),
            delay=max(0.001, configuration.get(rest.FLAMEGRAPH_DELAY).total_seconds()),
            depth=configuration.get(rest.FLAMEGRAPH_DEPTH),
        )
        profiles = self._dispatcher.coordination.profiles
        profiles.ask(view.row.job, vertex.id, how, _LOOKED_AT)
        seen = profiles.all(view.row.job, vertex.id)
        current = (
            samples
            for subtask, samples in seen.items()
            if subtask in attempts and attempts[subtask].attempt == samples.attempt and wanted in (None, subtask)
        )
        return Json(flamegraph(current, kind))


def _kind(text: str) -> Kind:
    for kind in KINDS:
        if text.upper() == kind:
            return kind
    raise BadRequest(f"type {text[:40]!r} is not one of: {', '.join(KINDS)}")
