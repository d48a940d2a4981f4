"""What can be done from the pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PROGRAMS, Screen
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]

Look = Callable[[Page, str], None]


@pytest.fixture
def own_job(cluster: LocalCluster) -> str:
    """A job of this test alone."""
    job = cluster.submit(PROGRAMS / "endless_word_count.py", options=("-p", "1"))
    cluster.wait_state(job, "RUNNING")
    wait_for(lambda: cluster.get(f"/jobs/{job}/checkpoints")["counts"]["completed"] >= 1, 60, "a checkpoint")
    return job


def test_savepoint_rescale_and_stop(screen: Screen, cluster: LocalCluster, own_job: str, look: Look) -> None:
    page = screen.open(f"jobs/{own_job}")
    page.get_by_role("button", name="Savepoint").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("the job goes on")
    look(page, "dialog-savepoint")
    dialog.get_by_role("button", name="Take it").click()
    notice = page.locator(".operation")
    expect(notice).to_contain_text("completed at")
    assert Path(notice.locator("code").inner_text(), "_metadata").is_file()

    page.get_by_role("button", name="Rescale").click()
    dialog.get_by_label("Parallelism").fill("2")
    dialog.get_by_role("button", name="Rescale").click()
    expect(notice).to_contain_text("Rescaling to 2")
    expect(notice).to_contain_text("completed")
    expect(page.get_by_role("link", name=re.compile("^check, parallelism 2, running"))).to_be_visible()
    assert {v["parallelism"] for v in cluster.get(f"/jobs/{own_job}")["vertices"]} == {2}

    page.get_by_role("button", name="Stop").click()
    dialog.get_by_role("button", name="Stop the job").click()
    expect(notice).to_contain_text("completed at")
    expect(page.locator(".job-head .state").first).to_have_text("FINISHED")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    look(page, "job-stopped")


def test_a_rescale_that_waits_for_slots_can_be_changed(screen: Screen, cluster: LocalCluster, look: Look) -> None:
    job = cluster.submit(PROGRAMS / "endless_word_count.py", options=("-p", "40"))
    page = screen.open(f"jobs/{job}")
    notice = page.locator(".operation")
    dialog = page.get_by_role("dialog")

    def rescale(parallelism: int) -> None:
        page.get_by_role("button", name="Rescale").click()
        dialog.get_by_label("Parallelism").fill(str(parallelism))
        look(page, f"dialog-rescale-{parallelism}")
        dialog.get_by_role("button", name="Rescale").click()

    doing = page.locator(".job-head .notice.busy").last
    expect(doing).to_contain_text(" of 40 slots")
    rescale(50)
    expect(doing).to_contain_text("Rescaling to parallelism 50: waiting for ")
    expect(doing).to_contain_text(" of 50 slots")
    look(page, "job-rescale-waits")
    dark = screen.open(f"jobs/{job}", phone=True, dark=True)
    expect(dark.locator(".job-head .notice.busy").last).to_contain_text(" of 50 slots")
    look(dark, "job-rescale-waits-phone-dark")
    rescale(1)
    expect(notice).to_contain_text("Rescaling to 1")
    expect(notice).to_contain_text("completed")
    expect(page.get_by_role("link", name=re.compile("^check, parallelism 1, running"))).to_be_visible()
    look(page, "job-rescaled")
    assert cluster.get(f"/jobs/{job}/metrics?get=numRestarts")[0]["value"] == "0"
    rescale(50)
    expect(dialog.get_by_role("alert")).to_contain_text("parallelism 50 needs 50 slots; the job has 1")
    look(page, "dialog-rescale-refused")
    cluster.cli("cancel", "-m", cluster.addresses, job)


def test_cancel_asks_first_and_can_be_left_by_escape(
    screen: Screen, cluster: LocalCluster, own_job: str, look: Look
) -> None:
    page = screen.open(f"jobs/{own_job}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("without a savepoint")
    look(page, "dialog-cancel")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert cluster.get(f"/jobs/{own_job}")["state"] == "RUNNING"
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").press("Enter")
    expect(page.locator(".job-head .state").first).to_have_text("CANCELED")
    expect(page.locator(".operation")).to_contain_text("Cancelling")


def test_a_refusal_is_shown_where_it_was_asked(screen: Screen, cluster: LocalCluster, own_job: str) -> None:
    page = screen.open(f"jobs/{own_job}")
    expect(page.get_by_role("button", name="Rescale")).to_be_enabled()
    page.route("**/rescaling*", lambda route: route.fulfill(status=409, json={"errors": ["it is being rescaled"]}))
    page.get_by_role("button", name="Rescale").click()
    page.get_by_role("dialog").get_by_role("button", name="Rescale").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("it is being rescaled")
    cluster.cli("cancel", "-m", cluster.addresses, own_job)


def test_upload_plan_and_run(screen: Screen, cluster: LocalCluster, look: Look, tmp_path: Path) -> None:
    page = screen.open("submit")
    expect(page.get_by_role("heading", name="No program has been uploaded")).to_be_visible()
    page.get_by_label("Program").set_input_files(PROGRAMS / "argued.py")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("IndexError")
    look(page, "submit-traceback")
    page.get_by_label("Arguments").fill("12")
    page.get_by_label("Parallelism").fill("2")
    page.get_by_role("button", name="Show the plan").click()
    plan = page.get_by_role("region", name="Plan", exact=True)
    expect(plan).to_contain_text("square")
    expect(plan).to_contain_text("REBALANCE")
    assert not [j for j in cluster.get("/jobs/overview")["jobs"] if j["name"] == "argued"]
    look(page, "submit-plan")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name="argued")).to_be_visible()
    expect(page.locator(".job-head .state").first).to_have_text("FINISHED")
    page.goto(f"{screen.address}/#/submit")
    page.get_by_role("button", name="Delete argued.py").click()
    expect(page.get_by_role("heading", name="No program has been uploaded")).to_be_visible()
    (tmp_path / "notes.py.txt").write_text("x")
    page.get_by_label("Program").set_input_files(tmp_path / "notes.py.txt")
    expect(page.get_by_role("alert")).to_contain_text("none of .py, .zip, .whl")
