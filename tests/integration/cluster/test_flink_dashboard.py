"""Flink's own web dashboard, out of the wheel of apache-flink, at a dispatcher's origin in Chromium: nothing it shows
or asks for goes wrong.

Only its files come from elsewhere: requests for them are answered by the test, all others by the dispatcher.
"""

import mimetypes
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from .local_cluster import LocalCluster, wait_for
from .test_flink_rest_client import PROGRAM

sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

pytestmark = [pytest.mark.integration, pytest.mark.browser, pytest.mark.timeout(600)]

_ROOT = Path(__file__).parents[3]
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
#: pages that show text in an editor
_EDITORS = ("/logs", "/stdout", "/thread-dump")
_JAR = "lib/flink-dist-2.3*.jar"


def _jar() -> Path:
    named = os.environ.get("FLINK_HOME")
    places = [Path(named)] if named else sorted((_ROOT / ".venvs/pyflink").glob("lib/python3*/site-packages/pyflink"))
    found = next((jar for place in places for jar in place.glob(_JAR)), None)
    if found is None:
        pytest.skip("no wheel of apache-flink in .venvs/pyflink, and no FLINK_HOME (see dispatcher/flink_cli.py)")
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The dashboard's files by their path at the origin."""
    with zipfile.ZipFile(_jar()) as jar:
        names = [name for name in jar.namelist() if name.startswith("web/") and not name.endswith("/")]
        return {name.removeprefix("web/"): jar.read(name) for name in names}


@pytest.fixture
def job(cluster: LocalCluster, files: dict[str, bytes], tmp_path: Path) -> Iterator[str]:
    script = tmp_path / "for_a_dashboard.py"
    script.write_text(PROGRAM)
    started = cluster.submit(script, options=("-D", "execution.checkpointing.interval=1 s"))
    cluster.wait_state(started, "RUNNING")
    wait_for(lambda: cluster.get(f"/jobs/{started}/checkpoints")["counts"]["completed"], 60)
    yield started
    cluster.request("PATCH", f"/jobs/{started}?mode=cancel")
    cluster.wait_state(started, "CANCELED")


class Dashboard:
    """One page, and all that it complains of."""

    def __init__(self, page: Any, origin: str, files: dict[str, bytes]) -> None:
        self._page, self._origin, self._files = page, origin, files
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(f"page: {error}"))
        page.on("response", lambda r: self.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.route("**/*", self._answer)

    def _answer(self, route: Any) -> None:
        path = urlsplit(route.request.url).path.lstrip("/") or "index.html"
        content = self._files.get(path)
        if content is None or route.request.method != "GET":
            route.continue_()
        else:
            route.fulfill(body=content, content_type=mimetypes.guess_type(path)[0] or "application/octet-stream")

    def shows(self, place: str, *texts: str) -> None:
        """The page at `#/place` comes to show all of these, and complains of nothing."""
        self._page.goto(f"{self._origin}/#/{place}")
        for text in texts:
            self._page.get_by_text(text, exact=False).first.wait_for(timeout=60_000)
        if place.endswith(_EDITORS):
            # its editor lays itself out once it has its text, and complains if it is gone by then
            self._page.locator(".monaco-editor .view-lines").first.wait_for(timeout=60_000)
        self._page.wait_for_load_state("networkidle")
        self._page.wait_for_timeout(500)
        assert self.complaints == [], place


def test_its_pages(cluster: LocalCluster, job: str, files: dict[str, bytes]) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium on the path: apt install chromium")
    vertex = cluster.get(f"/jobs/{job}")["vertices"][0]["id"]
    taskmanager = cluster.get("/taskmanagers")["taskmanagers"][0]["id"]
    at, of_vertex = f"job/running/{job}", f"job/running/{job}/overview/{vertex}"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        dashboard = Dashboard(browser.new_page(), cluster.rest[0].rstrip("/"), files)
        dashboard.shows("overview", "for a client", "Available Task Slots")
        dashboard.shows(f"application/running/{job}/overview", "for a client", "RUNNING")
        dashboard.shows(f"{at}/overview", "Source: numbers -> Map", "Busy (max)")
        dashboard.shows(f"{of_vertex}/detail", "SubTasks")
        dashboard.shows(f"{of_vertex}/subtasks", "Records received", "SubTasks")
        dashboard.shows(f"{of_vertex}/taskmanagers", "Endpoint")
        dashboard.shows(f"{of_vertex}/watermarks", "Watermark")
        dashboard.shows(f"{of_vertex}/accumulators", "Accumulators")
        dashboard.shows(f"{of_vertex}/backpressure", "Back Pressure Status", "[attempt-1]")
        dashboard.shows(f"{of_vertex}/metrics", "Metrics")
        dashboard.shows(f"{of_vertex}/flamegraph", "Measurement:")
        dashboard.shows(f"{at}/exceptions", "Exception")
        dashboard.shows(f"{at}/timeline", "TimeLine")
        dashboard.shows(f"{at}/checkpoints", "Latest Completed Checkpoint")
        dashboard.shows(f"{at}/configuration", "Execution")
        dashboard.shows(f"{at}/dataskew", "Skew")
        dashboard.shows(f"{at}/rescales", "Rescale Counts")
        dashboard.shows("task-manager", taskmanager)
        dashboard.shows(f"task-manager/{taskmanager}/metrics", "Physical Memory")
        dashboard.shows(f"task-manager/{taskmanager}/logs", "Logs")
        dashboard.shows(f"task-manager/{taskmanager}/stdout", "Stdout")
        dashboard.shows(f"task-manager/{taskmanager}/thread-dump", "Thread Dump")
        dashboard.shows("job-manager/config", "penstock.redis.url")
        dashboard.shows("job-manager/logs", "Logs")
        dashboard.shows("job-manager/log", "jobmanager-1.log")
        dashboard.shows("job-manager/metrics", "Metrics")
        dashboard.shows("job-manager/thread-dump", "Thread Dump")
        dashboard.shows("submit", "Uploaded Jars")
        browser.close()
