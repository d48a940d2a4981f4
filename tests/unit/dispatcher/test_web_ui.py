"""The Web UI's files as the dispatcher serves them, beside an API that stays as it was."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from penstock_dispatcher.answers import errors
from penstock_dispatcher.problems import Problem
from penstock_dispatcher.web_ui import BUILT, WebUi

from .in_process import InProcess
from .replica import JOB, Replica

SCRIPT = next((BUILT / "assets").glob("*.js"))
STYLE = next((BUILT / "assets").glob("*.css"))


def test_the_index_names_its_assets_and_is_asked_for_anew(replica: Replica) -> None:
    answer = replica.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert f"./assets/{SCRIPT.name}" in answer.text
    assert replica.http.get("/index.html").text == answer.text
    again = replica.http.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (f"/assets/{SCRIPT.name}", "text/javascript; charset=utf-8"),
        (f"/assets/{STYLE.name}", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_types_and_are_packed_for_those_who_unpack(
    replica: Replica, path: str, media_type: str
) -> None:
    plain = replica.http.get(path, headers={"Accept-Encoding": "identity"})
    packed = replica.http.get(path, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["content-type"] == media_type
    assert plain.content == packed.content == (BUILT / path[1:]).read_bytes()
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == "Accept-Encoding"
    assert plain.headers["x-content-type-options"] == "nosniff"
    assert replica.http.request("HEAD", path).content == b""


def test_assets_are_kept_for_good_because_their_names_change(replica: Replica) -> None:
    assert "immutable" in replica.http.get(f"/assets/{SCRIPT.name}").headers["cache-control"]
    assert replica.http.get("/favicon.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/nothing.js",
        "/assets/../web_ui.py",
        "/assets/..%2f..%2fapp.py",
        "/..%2f..%2f..%2fetc/passwd",
        "/assets//etc/passwd",
        "/assets/%00",
        "/web_ui.py",
    ],
)
def test_nothing_but_what_was_built_can_be_had(replica: Replica, path: str) -> None:
    answer = replica.http.get(path)
    assert answer.status_code == 404
    assert list(answer.json()) == ["errors"]


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/ui", "./#/"),
        ("/ui/", "../#/"),
        ("/ui/taskmanagers", "../#/taskmanagers"),
        (f"/ui/jobs/{JOB}?vertex=v", f"../../#/jobs/{JOB}?vertex=v"),
        ("/ui//evil.example", "../../#//evil.example"),
    ],
)
def test_a_deep_link_leads_to_the_page_below_any_prefix(replica: Replica, path: str, there: str) -> None:
    answer = replica.http.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, there)


def test_the_api_answers_as_without_pages(replica: Replica) -> None:
    replica.submit()
    browser = {"Accept": "text/html,application/xhtml+xml"}
    assert replica.http.get(f"/jobs/{JOB}", headers=browser).json()["jid"] == JOB
    assert replica.http.get("/nothing", headers=browser).json() == {"errors": ["Not found: /nothing"]}
    assert replica.http.get("/jars/upload").status_code == 405
    assert replica.http.delete("/overview").status_code == 405
    assert replica.http.post("/").status_code == 405
    assert replica.http.get("/v1/index.html").status_code == 404


def test_without_built_pages_the_index_says_what_to_do(tmp_path: Path) -> None:
    async def problem(request: Request, error: Any) -> Response:
        return errors(error.status, *error.messages)

    handlers: dict[Any, Any] = {Problem: problem}
    http = InProcess(Starlette(routes=WebUi(tmp_path / "none").routes(), exception_handlers=handlers))
    answer = http.get("/")
    assert answer.status_code == 404 and "make ui" in answer.json()["errors"][0]
    assert http.get("/favicon.svg").status_code == 404


def test_the_pages_are_small_and_fetch_nothing_from_elsewhere() -> None:
    files = [path for path in BUILT.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 300_000
    for path in files:
        text = path.read_text()
        found = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text))
        # names of XML vocabularies are no addresses
        assert {url for url in found if not url.endswith("//www.w3.org")} == set(), path.name
