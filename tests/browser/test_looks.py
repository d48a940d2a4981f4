"""Dark and light, phones, keyboards."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(240)]

Look = Callable[[Page, str], None]


def pages(job: str, failed: str) -> dict[str, tuple[str, str]]:
    """Name -> what is behind the #, and a text that tells that it has arrived."""
    return {
        "overview": ("", "Leases"),
        "graph": (f"jobs/{job}", "busy"),
        "charts": (f"jobs/{job}/charts", "Entries in input logs"),
        "checkpoints": (f"jobs/{job}/checkpoints", "Retention"),
        "exceptions": (f"jobs/{failed}/exceptions", "The record"),
        "timeline": (f"jobs/{job}/timeline", "Choose a vertex"),
        "flamegraph": (f"jobs/{job}/flamegraph", "samples, the newest"),
        "configuration": (f"jobs/{job}/configuration", "Set by"),
        "taskmanagers": ("taskmanagers", "cores"),
        "logs": ("logs", "of the last"),
        "submit": ("submit", "Upload a script"),
    }


def opened(screen: Screen, job: str, failed: str, *, phone: bool = False, dark: bool = False) -> dict[str, Page]:
    """All of them by name, open for long enough that there is something in their charts."""
    made = {}
    for name, (path, text) in pages(job, failed).items():
        made[name] = page = screen.open(path, phone=phone, dark=dark)
        expect(page.locator("main")).to_contain_text(text)
    page.wait_for_timeout(1500)
    return made


def test_dark(screen: Screen, word_count: str, failed_job: str, look: Look) -> None:
    for name, page in opened(screen, word_count, failed_job, dark=True).items():
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert max(map(int, re.findall(r"\d+", background)[:3])) < 60, background
        look(page, f"dark-{name}")


def test_phone_width(screen: Screen, word_count: str, failed_job: str, look: Look) -> None:
    for name, page in opened(screen, word_count, failed_job, phone=True).items():
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        look(page, f"phone-{name}")
    page = screen.open(f"jobs/{word_count}", phone=True)
    nodes = page.get_by_role("region", name="Graph of 3 vertices").get_by_role("link", name=re.compile("parallelism 3"))
    expect(nodes).to_have_count(3)
    boxes = [nodes.nth(n).bounding_box() for n in range(3)]
    tops = [box["y"] for box in boxes if box is not None]
    assert tops == sorted(tops), "from top to bottom where there is little width"


def test_a_choice_of_colours_is_kept(screen: Screen) -> None:
    page = screen.open()
    page.get_by_role("button", name="Change to dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Change to light colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_the_keyboard_reaches_everything(screen: Screen, word_count: str) -> None:
    page = screen.open(f"jobs/{word_count}")
    expect(
        page.get_by_role("region", name="Graph of 3 vertices").get_by_role("link", name=re.compile("parallelism 3"))
    ).to_have_count(3)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
        if reached[-1].startswith("count"):
            break
    for wanted in ("Savepoint", "Cancel", "Charts", "Fit to width", "check, parallelism 3"):
        assert any(name.startswith(wanted) for name in reached), (wanted, reached)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Subtasks")).to_be_visible()
