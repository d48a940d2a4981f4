"""What the pages tell of a real cluster and its jobs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(240)]

Look = Callable[[Page, str], None]
RATE = re.compile(r"in [1-9][\d.,]*( k)?/s")


def test_the_overview_tells_what_runs_and_who_leads(
    screen: Screen, word_count: str, failed_job: str, look: Look
) -> None:
    page = screen.open()
    expect(page).to_have_title("Overview · Penstock")
    running = page.get_by_role("region", name="Running jobs")
    expect(running.get_by_role("link", name="endless word count")).to_be_visible()
    expect(running).to_contain_text("9 running")
    expect(running).to_contain_text("3 of 3")
    expect(page.get_by_role("region", name="Completed jobs")).to_contain_text("ZeroDivisionError: division by zero")
    expect(page.get_by_role("region", name="Alerts")).to_contain_text("Job currency conversion failed")
    leases = page.get_by_role("region", name="Leases")
    expect(leases).to_contain_text("resourcemanager-1")
    expect(leases).to_contain_text("jobmanager-1")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    page.get_by_label("Search jobs").fill("currency")
    expect(running).to_have_count(0)
    page.get_by_label("Search jobs").fill("")
    look(page, "overview")
    page.get_by_role("link", name="endless word count").first.click()
    expect(page.get_by_role("heading", name="endless word count")).to_be_visible()


def test_the_graph_shows_rates_and_the_bottleneck(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}")
    graph = page.get_by_role("region", name="Graph of 3 vertices")
    nodes = graph.get_by_role("link", name=re.compile("parallelism 3"))
    expect(nodes).to_have_count(3)
    expect(nodes.nth(1)).to_contain_text(RATE)
    expect(nodes.nth(0)).to_have_accessible_name(re.compile(r"Source: numbers.*parallelism 3, running, busy \d+%"))
    expect(graph).to_contain_text("HASH")
    # it is laid out: consumers stand behind their producers, on one screen
    boxes = [nodes.nth(n).bounding_box() for n in range(3)]
    lefts = [box["x"] for box in boxes if box is not None]
    assert lefts == sorted(lefts) and lefts[0] >= 0 and lefts[2] < 1360
    page.wait_for_timeout(1500)
    look(page, "job-graph")


def test_a_vertex_shows_its_subtasks_side_by_side(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}")
    page.get_by_role("link", name=re.compile("^check, parallelism 3")).click()
    subtasks = page.get_by_role("region", name="Subtasks")
    expect(subtasks.locator("tbody tr")).to_have_count(3)
    expect(subtasks).to_contain_text("taskmanager-1")
    expect(subtasks).to_contain_text(re.compile(r"[1-9][\d.,]*/s"))
    column = page.get_by_role("button", name=re.compile(r"Subtask 1: Busy \d+%"))
    column.click()
    expect(subtasks.locator("tr.marked")).to_have_count(1)
    assert "vertex=" in page.url
    page.wait_for_timeout(1500)
    look(page, "job-vertex")
    page.reload()
    expect(subtasks.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("region", name="Vertices", exact=True)).to_be_visible()


def test_charts_are_drawn_from_the_stream_alone(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}/charts")
    figure = page.locator("figure", has_text="Records in per second")
    expect(figure.locator("canvas")).to_be_visible()
    expect(figure.get_by_role("row", name="check")).to_contain_text(re.compile(r"[1-9][\d.,]*( k)?/s"))
    page.wait_for_timeout(5000)  # longer than the interval of polls
    streams = [url for url in screen.requests if "/penstock/events/" in url]
    polls = [url for url in screen.requests if "/penstock/views/" in url and not url.endswith("/graph")]
    assert (len(streams), polls) == (1, [])
    look(page, "job-charts")


def test_checkpoints_by_vertex_and_subtask(screen: Screen, cluster: LocalCluster, word_count: str, look: Look) -> None:
    wait_for(lambda: cluster.get(f"/jobs/{word_count}/checkpoints")["counts"]["completed"] >= 3, 60, "checkpoints")
    page = screen.open(f"jobs/{word_count}/checkpoints")
    history = page.get_by_role("region", name="Checkpoints", exact=True)
    expect(history).to_contain_text("COMPLETED")
    expect(history).to_contain_text("9 of 9")
    newest = cluster.get(f"/jobs/{word_count}/checkpoints")["latest"]["completed"]["id"]
    page.get_by_role("button", name=f"Checkpoint {newest}, details").click()
    details = page.get_by_role("region", name=f"Checkpoint {newest} by vertex")
    details.get_by_role("button", name="check").click()
    subtasks = page.get_by_role("region", name="Subtasks of the checkpoint")
    expect(subtasks.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("region", name="Settings")).to_contain_text("1.0 s")
    assert f"checkpoint={newest}" in page.url
    # what is open stays so while others are completed
    page.get_by_role("button", name=f"Checkpoint {newest + 2}, details").wait_for()
    expect(subtasks.locator("tbody tr")).to_have_count(3)
    look(page, "job-checkpoints")


def test_exceptions_show_the_users_line_and_the_record_first(screen: Screen, failed_job: str, look: Look) -> None:
    page = screen.open(f"jobs/{failed_job}/exceptions")
    article = page.get_by_role("article")
    expect(article.get_by_role("heading")).to_have_text("ZeroDivisionError: division by zero")
    expect(article.locator(".culprit")).to_contain_text("bad_record.py")
    expect(article.locator(".culprit")).to_contain_text("in_euros")
    expect(article.locator(".culprit pre")).to_have_text("return amount / RATES[currency]")
    expect(article.locator(".record")).to_contain_text("(7, 'USD')")
    expect(article.locator("pre", has_text="task.py")).to_be_hidden()
    article.get_by_text("Penstock's own frames").click()
    expect(article.locator("pre", has_text="task.py")).to_be_visible()
    look(page, "job-exceptions")
    page.goto(f"{screen.address}/#/job/completed/{failed_job}/overview")  # as Flink's dashboard writes it
    expect(page.get_by_role("region", name="Graph of 1 vertex")).to_contain_text("FAILED")


def test_the_timeline_and_the_configuration(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open(f"jobs/{word_count}/timeline")
    page.get_by_role("button", name="check").click()
    expect(page.locator(".timeline")).to_contain_text("subtask 2, attempt 0")
    expect(page.locator(".timeline .line").first).to_contain_text(re.compile(r"running [\d.]+ (s|m)"))
    look(page, "job-timeline")
    page.get_by_role("link", name="Configuration").click()
    settings = page.get_by_role("region", name="Settings")
    expect(settings.get_by_role("row", name=re.compile("execution.checkpointing.interval"))).to_contain_text("the job")
    page.get_by_label("Search settings").fill("savepoint-dir")
    expect(settings.locator("tbody tr")).to_have_count(1)
    look(page, "job-configuration")


def test_taskmanagers_show_what_runs_where(screen: Screen, word_count: str, look: Look) -> None:
    page = screen.open("taskmanagers")
    first = page.get_by_role("region", name="TaskManager taskmanager-1", exact=True)
    expect(first.locator("tbody tr")).to_have_count(5)
    expect(page.get_by_role("link", name="endless word count").first).to_be_visible()
    expect(first).to_contain_text(re.compile(r"[\d.]+ of \d+ cores?"))
    expect(page.locator("main")).to_contain_text("subtask 2, running")
    look(page, "taskmanagers")
    page.goto(f"{screen.address}/#/taskmanagers/gone")
    expect(page.get_by_role("alert")).to_contain_text("There is no TaskManager gone")


def test_what_is_not_there_is_told(screen: Screen, look: Look) -> None:
    page = screen.open("jobs/" + "0" * 32)
    expect(page.get_by_role("heading", name="There is no such job")).to_be_visible()
    look(page, "no-such-job")
    page.goto(f"{screen.address}/#/jobs/not-an-id")
    expect(page.get_by_role("alert")).to_contain_text("not an id of 32 hex digits")
    page.goto(f"{screen.address}/#/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.goto(f"{screen.address}/ui/taskmanagers")
    expect(page.get_by_role("heading", name="TaskManagers", exact=True)).to_be_visible()
