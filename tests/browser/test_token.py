"""The Web UI of a cluster that asks for a token."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Screen
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TOKEN = "a-token-of-the-tests-0123456789"


@pytest.fixture(scope="module")
def closed(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    folder = tmp_path_factory.mktemp("closed")
    (folder / "token").write_text(TOKEN)
    made = LocalCluster(folder / "dir", "-D", f"penstock.rest.token=file:{folder / 'token'}")
    yield made
    made.stop()


@pytest.fixture
def closed_screen(chromium: Browser, closed: LocalCluster) -> Iterator[Screen]:
    made = Screen(chromium, closed.rest[0])
    yield made
    made.close()


def test_it_asks_for_the_token_and_keeps_it_in_the_tab(
    closed_screen: Screen, look: Callable[[Page, str], None], tmp_path: Path
) -> None:
    page = closed_screen.open()
    field = page.get_by_label("Token")
    expect(page.get_by_role("heading", name="This cluster asks for a token")).to_be_visible()
    expect(field).to_be_focused()
    look(page, "token")
    field.fill("a-wrong-token-0123456789")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert").filter(has_text="not this cluster's")).to_be_visible()
    look(page, "token-wrong")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    # figures, and by events, not by polling
    expect(page.get_by_role("heading", name="This cluster asks for a token")).to_have_count(0)
    expect(page.get_by_title(re.compile("How this page gets its figures: live"))).to_be_visible()
    look(page, "token-entered")
    assert page.evaluate("[sessionStorage['penstock.token'], Object.keys(localStorage).join(), document.cookie]") == [
        TOKEN,
        page.evaluate("Object.keys(localStorage).join()"),
        "",
    ]
    assert not any(TOKEN in url for url in closed_screen.requests)
    page.reload()
    expect(page.get_by_title(re.compile("How this page gets its figures: live"))).to_be_visible()
    page.goto(f"{closed_screen.address}/#/taskmanagers")
    expect(page.get_by_text("taskmanager-1").first).to_be_visible()
