"""Pages that are open while things go away and come back."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from penstock.coordination.keys import Keys
from tests.browser.conftest import PROGRAMS, Screen
from tests.conftest import RedisServer, StartRedis
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]

Look = Callable[[Page, str], None]


@pytest.fixture
def own_redis(start_redis: StartRedis) -> RedisServer:
    return start_redis(persistent=True)


@pytest.fixture
def own_cluster(chromium: Browser, own_redis: RedisServer, tmp_path: Path) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path / "dir", "--redis", own_redis.url, "--exchange-redis", own_redis.url, slots=1)
    yield made
    made.stop()


@pytest.fixture
def own_screen(chromium: Browser, own_cluster: LocalCluster) -> Iterator[Screen]:
    made = Screen(chromium, own_cluster.rest[0])
    yield made
    made.close()


def lamp(page: Page, word: str) -> None:
    expect(page.locator("header .lamp")).to_have_text(word)


def test_redis_and_the_dispatcher_go_away_and_come_back(
    own_screen: Screen, own_redis: RedisServer, own_cluster: LocalCluster, look: Look
) -> None:
    page = own_screen.open()
    lamp(page, "live")
    own_redis.stop(kill=True)
    expect(page.get_by_role("alert")).to_contain_text("Redis is away")
    expect(page.get_by_role("region", name="Live processes")).to_be_visible()
    look(page, "redis-away")
    own_redis.start()
    expect(page.get_by_role("alert")).to_have_count(0)
    lamp(page, "live")

    (dispatcher,) = own_cluster.processes("dispatcher")
    os.kill(dispatcher["pid"], signal.SIGKILL)
    expect(page.get_by_role("alert")).to_contain_text("No answer from 127.0.0.1")
    look(page, "dispatcher-away")
    port = own_screen.address.rpartition(":")[2]
    own_cluster.cli("cluster", "start", "--dir", str(own_cluster.folder), "--rest-port", port)
    expect(page.get_by_role("alert")).to_have_count(0)
    lamp(page, "live")


def test_a_job_that_vanishes_says_so(
    own_screen: Screen, own_redis: RedisServer, own_cluster: LocalCluster, look: Look
) -> None:
    job = own_cluster.submit(PROGRAMS / "argued.py", "3")
    own_cluster.wait_state(job, "FINISHED")
    page = own_screen.open(f"jobs/{job}")
    expect(page.locator(".job-head .state").first).to_have_text("FINISHED")
    redis_of(own_redis).delete(Keys().submission(job))
    expect(page.get_by_role("heading", name="This job has vanished")).to_be_visible()
    look(page, "job-vanished")


def redis_of(server: RedisServer):  # type: ignore[no-untyped-def]
    import redis

    return redis.Redis.from_url(server.url)


def test_where_events_do_not_come_through_the_page_polls_calmly(screen: Screen, word_count: str) -> None:
    page = screen.open("nowhere")
    page.route("**/penstock/events/**", lambda route: route.abort())
    page.goto(f"{screen.address}/#/jobs/{word_count}")
    lamp(page, "polling")
    before = len(screen.requests)
    page.wait_for_timeout(10_000)
    assert 2 <= len(screen.requests) - before <= 8
    expect(page.get_by_role("region", name="Graph of 3 vertices")).to_contain_text("busy")


def test_a_hidden_page_asks_for_nothing(screen: Screen, word_count: str) -> None:
    page = screen.open(f"jobs/{word_count}")
    lamp(page, "live")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(500)
    before = len(screen.requests)
    page.wait_for_timeout(5000)
    assert len(screen.requests) == before
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    lamp(page, "live")
    page.wait_for_timeout(1500)
    assert len([u for u in screen.requests[before:] if "/events/" in u]) == 1
