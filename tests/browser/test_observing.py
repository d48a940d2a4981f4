"""What is seen while a job runs: latency, attempts, flame graphs, logs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(240)]

Look = Callable[[Page, str], None]


def test_latency_is_drawn_where_markers_are_on(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}/charts")
    chart = page.locator("figure", has_text="Latency from the sources")
    expect(chart.get_by_role("row").first).to_contain_text(re.compile(r"\d+ ms|\d s"))
    page.wait_for_timeout(1500)
    look(page, "charts-latency")


def test_the_timeline_has_the_attempts_before(screen: Screen, restarted_job: str, look: Look) -> None:
    page = screen.open(f"jobs/{restarted_job}/timeline")
    expect(page.locator(".timeline")).to_contain_text("2 attempts")
    page.get_by_role("button", name=re.compile("numbers")).click()
    lines = page.locator(".timeline .line", has_text="subtask 0, attempt")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("attempt 1 on taskmanager")
    expect(lines.nth(1)).to_contain_text("attempt 0 on taskmanager")
    expect(page.locator(".timeline")).to_contain_text("is more than this can bear")
    look(page, "timeline-attempts")


def test_the_flame_graph_names_the_users_function(screen: Screen, restarted_job: str, look: Look) -> None:
    page = screen.open(f"jobs/{restarted_job}")
    page.get_by_role("region", name=re.compile("Graph of")).get_by_role("link").first.click()
    page.get_by_role("link", name="Flame graph").first.click()
    expect(page.locator("main")).to_contain_text("samples, the newest")
    careful = page.get_by_role("button", name=re.compile(r"careful:\d+, \d+")).first
    expect(careful).to_be_visible()
    look(page, "flame-graph")
    careful.click()
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("^Time")).select_option("ON_CPU")
    expect(page).to_have_url(re.compile("type=ON_CPU"))


def test_logs_are_live_and_filtered(screen: Screen, restarted_job: str, look: Look) -> None:
    page = screen.open("logs")
    lines = page.get_by_role("log")
    page.get_by_label("Only lines with").fill(restarted_job)
    expect(lines).to_contain_text("checkpoint=")
    expect(page.get_by_role("status").first).to_have_text("live")
    before = lines.locator(".log-line").count()
    expect(lines.locator(".log-line").nth(before + 1)).to_be_visible()
    page.get_by_role("combobox", name=re.compile("^Level")).select_option("warning")
    expect(lines).to_contain_text("is more than this can bear")
    expect(lines).not_to_contain_text("checkpoint=")
    look(page, "logs")
    assert [url for url in screen.requests if "/penstock/events/logs" in url], "by server-sent events"
    assert not [url for url in screen.requests if "/penstock/logs" in url]


def test_a_taskmanagers_log_is_a_click_away(screen: Screen, word_count: str) -> None:
    page = screen.open("taskmanagers")
    page.get_by_role("link", name="Its log").first.click()
    expect(page).to_have_url(re.compile(r"#/logs/taskmanager-\d\.log"))
    expect(page.get_by_role("log")).to_contain_text("slot claimed")


def test_another_log_keeps_choice_and_filters(screen: Screen, word_count: str) -> None:
    page = screen.open("logs")
    choice, words = page.get_by_role("combobox", name=re.compile("^Log")), page.get_by_label("Only lines with")
    words.fill("slot claimed")
    names = choice.locator("option").evaluate_all("options => options.map((option) => option.value)")
    choice.focus()
    choice.select_option(next(name for name in names if name.startswith("taskmanager-")))
    expect(page.get_by_role("log")).to_contain_text("slot claimed")
    expect(words).to_have_value("slot claimed")
    expect(choice).to_be_focused()
