"""The OpenAPI document: every route is in it, everything in it is routed, and no request that fits it ends in a 5xx."""

import json
import os
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error, response_schema_conformance
from starlette.routing import Mount, Route

from penstock.graph.states import JobState
from penstock_dispatcher.openapi.document import OPERATIONS, document
from penstock_dispatcher.openapi.resources import routed

from .checkpoint_rows import several_checkpoints
from .replica import JOB, SINK, SOURCE, Replica, running

#: of the Web UI; in the table, and in the document once they are routed
_WEB_UI = ("/penstock/views", "/penstock/events", "/jars/{jarid}/plan")
#: pages are no API
_PAGES = ("/ui", "/assets", "/index.html", "/favicon")
#: requests of one operation that are tried
_CASES = int(os.environ.get("PENSTOCK_OPENAPI_CASES", "8"))


def _api(replica: Replica) -> set[str]:
    routes = [r for r in replica.app.routes if isinstance(r, Route) and r.path != "/" and not r.path.startswith(_PAGES)]
    return routed(routes)


def test_every_route_is_documented(replica: Replica) -> None:
    paths = replica.http.get("/openapi.json").json()["paths"]
    told = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert _api(replica) == told


def test_everything_documented_is_routed(replica: Replica) -> None:
    missing = OPERATIONS.keys() - _api(replica)
    assert [name for name in missing if not name.partition(" ")[2].startswith(_WEB_UI)] == []


def test_flinks_routes_are_below_v1_too(replica: Replica) -> None:
    (mount,) = [route for route in replica.app.routes if isinstance(route, Mount) and route.path == "/v1"]
    own = {name for name in _api(replica) if name.partition(" ")[2].startswith(("/penstock", "/openapi", "/metrics"))}
    assert routed(mount.routes) == _api(replica) - own


def test_the_document_is_openapi(replica: Replica) -> None:
    openapi_spec_validator.validate(json.loads(replica.http.get("/openapi.json").content))


def test_a_parameter_that_is_not_described_is_noticed() -> None:
    assert document({"GET /jobs/{jobid}"})["paths"]["/jobs/{jobid}"]["get"]["parameters"][0]["name"] == "jobid"
    assert document({"GET /nowhere"})["paths"] == {}


def _world(folder: Path) -> Replica:
    replica = Replica(**{"env.log.dir": str(folder)})
    replica.taskmanager()
    replica.submit()
    replica.occupied(0, "alloc-0")
    replica.executions(running(SOURCE, 0), running(SOURCE, 1), running(SINK, 0))
    replica.job_row(JobState.RUNNING, start_time=1_700_000_000_000)
    several_checkpoints(replica)
    return replica


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Replica:
    return _world(tmp_path_factory.mktemp("logs"))


def _operations() -> list[str]:
    # an event stream has no end, and the test client would wait for it
    return sorted(name for name in _api(Replica()) if "/events" not in name)


@pytest.mark.parametrize("name", _operations())
@pytest.mark.filterwarnings("ignore")
def test_no_request_ends_in_a_server_error(world: Replica, name: str) -> None:
    """Requests that fit the document and ones that do not, half of them for what there is."""
    method, _, path = name.partition(" ")
    operation = schemathesis.openapi.from_asgi("/openapi.json", world.app)[path][method]
    known: dict[str, Any] = {"jobid": JOB, "applicationid": JOB, "vertexid": SOURCE, "taskmanagerid": "tm-1"}
    modes = [GenerationMode.POSITIVE]
    if operation.definition.raw.get("parameters") or "requestBody" in operation.definition.raw:
        modes.append(GenerationMode.NEGATIVE)

    @settings(
        max_examples=_CASES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of([operation.as_strategy(mode) for mode in modes]), is_known=st.booleans())
    def check(case: schemathesis.Case[Any], is_known: bool) -> None:
        if is_known and case.path_parameters:
            case.path_parameters.update({k: v for k, v in known.items() if k in case.path_parameters})
        response = case.call()
        if response.status_code == 501:
            assert set(response.json()) == {"errors"}
            return
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

    check()
