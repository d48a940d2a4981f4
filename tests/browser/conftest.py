"""A real cluster with real jobs, and pages of its Web UI in Chromium.

Everything is gone at the end of this package: while Playwright runs, no other test may run an event loop.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]
DESK: ViewportSize = {"width": 1360, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: what a browser says by itself of an answer that the page deals with
_EXPECTED = re.compile(r"Failed to load resource")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = executable()
    expect.set_options(timeout=40_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cluster(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    folder = tmp_path_factory.mktemp("browser")
    savepoints = f"execution.checkpointing.savepoint-dir={folder / 'savepoints'}"
    made = LocalCluster(folder / "dir", "-D", savepoints, "-D", "web.checkpoints.history=100", slots=5)
    yield made
    made.stop()


@pytest.fixture(scope="package")
def word_count(cluster: LocalCluster) -> str:
    """A job that runs for as long as the tests do, with checkpoints."""
    job = cluster.submit(
        PROGRAMS / "endless_word_count.py", options=("-p", "3", "-D", "metrics.latency.interval=250 ms")
    )
    cluster.wait_state(job, "RUNNING")
    return job


@pytest.fixture(scope="package")
def failed_job(cluster: LocalCluster) -> str:
    job = cluster.submit(PROGRAMS / "bad_record.py", options=("-p", "1"))
    cluster.wait_state(job, "FAILED")
    return job


@pytest.fixture(scope="package")
def restarted_job(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job of which every task is in its second attempt."""
    marker = tmp_path_factory.mktemp("restarted") / "raised"
    job = cluster.submit(PROGRAMS / "raises_once.py", str(marker), options=("-p", "2"))
    wait_for(lambda: cluster.get(f"/jobs/{job}")["state"] == "RUNNING" and marker.exists(), 60, "the restart")
    vertex = cluster.get(f"/jobs/{job}")["vertices"][0]["id"]
    subtask = f"/jobs/{job}/vertices/{vertex}/subtasks/0"
    wait_for(lambda: cluster.get(subtask)["attempt"] == 1, 60, "the second attempt")
    return job


class Screen:
    """Pages of one test. Each has to stay on its origin, and to say nothing bad on the console."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self.address = browser, address.rstrip("/")
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._contexts: list[Any] = []

    def open(self, page: str = "", *, phone: bool = False, dark: bool = False) -> Page:
        """`page`: what is behind the #."""
        context = self._browser.new_context(
            viewport=PHONE if phone else DESK, color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        self._contexts.append(context)
        opened = context.new_page()
        opened.on("console", self._said)
        opened.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        opened.on("request", lambda request: self.requests.append(request.url))
        opened.goto(f"{self.address}/#/{page}")
        return opened

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.match(message.text):
            self.complaints.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        assert self.complaints == []
        elsewhere = [url for url in self.requests if not url.startswith((self.address, "data:"))]
        assert elsewhere == [], "the pages fetch nothing from elsewhere"


@pytest.fixture
def screen(chromium: Browser, cluster: LocalCluster) -> Iterator[Screen]:
    made = Screen(chromium, cluster.rest[0])
    yield made
    made.close()


@pytest.fixture
def look() -> Callable[[Page, str], None]:
    """`look(page, name)`: keep a picture, and have axe find nothing serious."""
    folder = Path(os.environ.get("PENSTOCK_SCREENSHOTS") or ROOT / ".screenshots")
    folder.mkdir(exist_ok=True, parents=True)

    def taken(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        told = "\n".join(f"{v['id']}: {v['help']}: {[n['html'][:200] for n in v['nodes'][:3]]}" for v in serious)
        assert not serious, f"{name}: {told}"

    return taken
