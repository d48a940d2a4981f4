"""The wire tap in the Web UI, over a real job."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(240)]

Look = Callable[[Page, str], None]
SEEN = re.compile(r"3 of 3 subtasks sampled · [1-9]")


def test_a_click_on_an_edge_shows_its_records_live(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}")
    page.get_by_role("link", name=re.compile("^Tap .*split to check, HASH$")).click()
    tap = page.get_by_role("region", name="Tap")
    expect(tap.get_by_role("status", name="Sampling")).to_have_text(SEEN)
    records = tap.get_by_role("region", name="Records")
    expect(records.get_by_role("row").nth(3)).to_contain_text(re.compile(r"\('\w+', 1\)"))
    expect(records.get_by_role("row").nth(1)).to_contain_text(re.compile(r"[012] → [012]"))
    look(page, "tap")

    # filtered in place; where nothing fits it says so
    tap.get_by_label("Filter records").fill("'question'")
    expect(records.get_by_role("row").nth(1)).to_contain_text("question")
    assert all("question" in row for row in records.get_by_role("row").all_inner_texts()[1:])
    tap.get_by_label("Filter records").fill("no such word")
    expect(tap).to_contain_text("No record has this text")
    look(page, "tap-filtered")
    tap.get_by_label("Filter records").fill("")

    # paused, nothing moves, and nobody asks
    tap.get_by_role("button", name="Pause").click()
    expect(tap.get_by_role("status", name="Sampling")).to_have_text("paused: nothing is sampled")
    before = records.get_by_role("row").all_inner_texts()
    page.wait_for_timeout(1500)
    assert records.get_by_role("row").all_inner_texts() == before
    tap.get_by_role("button", name="Go on").click()
    expect(tap.get_by_role("status", name="Sampling")).to_have_text(SEEN)

    # one subtask alone
    tap.get_by_label("Subtask").select_option("1")
    expect(tap.get_by_role("status", name="Sampling")).to_have_text(re.compile(r"1 of 1 subtask sampled · [1-9]"))
    cells = records.get_by_role("row").nth(1)
    expect(cells).to_contain_text("→ 1")


def test_an_edge_within_a_chain_is_chosen_from_the_vertex(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}")
    page.get_by_role("link", name=re.compile("^Source: numbers.*parallelism 3")).click()
    page.get_by_role("link", name="Tap", exact=True).click()
    tap = page.get_by_role("region", name="Tap")
    tap.get_by_role("link", name="line → split").click()
    records = tap.get_by_role("region", name="Records")
    expect(records.get_by_role("row").nth(1)).to_contain_text(re.compile(r"'\w+ \w+ \w+"))
    tap.get_by_role("link", name="Close the tap").click()
    expect(tap).to_have_count(0)


def test_it_works_at_phone_width_and_in_the_dark(screen: Screen, word_count: str, look: Look) -> None:
    vertices = page_vertices(screen, word_count)
    page = screen.open(f"jobs/{word_count}?vertex={vertices['check']}&tap=edge-0", phone=True, dark=True)
    tap = page.get_by_role("region", name="Tap")
    expect(tap.get_by_role("status", name="Sampling")).to_have_text(SEEN)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(page, "tap-phone-dark")


def test_what_cannot_be_tapped_says_why(screen: Screen, word_count: str, failed_job: str, look: Look) -> None:
    vertices = page_vertices(screen, word_count)
    page = screen.open(f"jobs/{word_count}?vertex={vertices['check']}&tap=edge-9")
    expect(page.get_by_role("region", name="Tap")).to_contain_text("The vertex has no such edge")
    # within the last chain only one record in a million passes the filter
    page = screen.open(f"jobs/{word_count}?vertex={vertices['count']}&tap=op-1")
    expect(page.get_by_role("region", name="Tap")).to_contain_text("Nothing has passed yet")
    look(page, "tap-empty")
    (first, *_) = page_vertices(screen, failed_job).values()
    page = screen.open(f"jobs/{failed_job}?vertex={first}&tap=op-0")
    expect(page.get_by_role("region", name="Tap")).to_contain_text("The job is FAILED")


def page_vertices(screen: Screen, job: str) -> dict[str, str]:
    """First word of a vertex's name -> its id."""
    page = screen.open()
    found: list[dict[str, str]] = page.evaluate(
        "job => fetch(`penstock/jobs/${job}/taps`).then(a => a.json()).then(a => a.vertices)", job
    )
    return {v["name"].split(" ")[0].rstrip(":"): v["id"] for v in found}
