"""Celery with our settings: a real worker, a real Redis, and what is left in it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from penstock.coordination.broker import TASK_NAME, make_app, queue_name, send_hint
from penstock.coordination.connection import connect

pytestmark = pytest.mark.integration

QUEUE = queue_name("tm1")

WORKER = """
import sys, time
import redis
from penstock.coordination.broker import TASK_NAME, WORKER_OPTIONS, make_app
url, prefix, queue = sys.argv[1:]
app = make_app(url, prefix)

@app.task(name=TASK_NAME)
def slot(job, allocation, epoch):
    def note(what):
        while True:
            try:
                with redis.Redis.from_url(url) as client:
                    return client.rpush(prefix + ":ran", f"{what} {job} {allocation} {epoch}")
            except redis.ConnectionError:
                time.sleep(0.05)
    note("began")
    with redis.Redis.from_url(url, retry=None) as client:
        while job == "long" and not _is_set(client, prefix + ":end"):
            time.sleep(0.05)
    note("ended")

def _is_set(client, key):
    try:
        return client.exists(key)
    except redis.ConnectionError:
        return False

if __name__ == "__main__":
    app.Worker(queues=[queue], pool="prefork", concurrency=1, hostname="slots@tm1", loglevel="ERROR", quiet=True,
               **WORKER_OPTIONS).start()
"""


@pytest.fixture
def server(start_redis: Callable[..., Any]) -> Iterator[Any]:
    """One that a test may restart; it keeps its data."""
    server = start_redis(persistent=True)
    yield server
    server.stop()


@contextmanager
def worker(url: str, prefix: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", WORKER, url, prefix, QUEUE])
    try:
        yield
        assert process.poll() is None, "the worker died"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, prefix: str, expected: list[bytes]) -> None:
    deadline = time.monotonic() + 60
    with connect(url) as client:
        while client.lrange(f"{prefix}:ran", 0, -1) != expected:
            assert time.monotonic() < deadline, client.lrange(f"{prefix}:ran", 0, -1)
            time.sleep(0.02)


def test_a_hint_reaches_the_queue_of_its_taskmanager_and_leaves_nothing(server: Any, prefix: str) -> None:
    with make_app(server.url, prefix) as app, worker(server.url, prefix):
        send_hint(app, QUEUE, "j", "a", 3)
        wait_for(server.url, prefix, [b"began j a 3", b"ended j a 3"])
    with connect(server.url) as client:
        keys = {key.decode() for key in client.keys("*")}
    assert all(key.startswith(f"{prefix}:") for key in keys), f"outside of the cluster's prefix: {keys}"
    assert not any("celery-task-meta" in key or "unacked" in key for key in keys), f"results or unacknowledged: {keys}"


def test_a_worker_and_its_running_task_survive_a_killed_redis(server: Any, prefix: str) -> None:
    with make_app(server.url, prefix) as app, worker(server.url, prefix):
        send_hint(app, QUEUE, "long", "a", 1)
        wait_for(server.url, prefix, [b"began long a 1"])
        server.stop(kill=True)
        with pytest.raises(OperationalError):
            send_hint(app, QUEUE, "short", "b", 1)
        server.start()
        with connect(server.url) as client:
            client.set(f"{prefix}:end", b"1")
        wait_for(server.url, prefix, [b"began long a 1", b"ended long a 1"])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OperationalError):
                send_hint(app, QUEUE, "short", "b", 2)
                break
        wait_for(server.url, prefix, [b"began long a 1", b"ended long a 1", b"began short b 2", b"ended short b 2"])


def test_the_settings() -> None:
    with make_app("redis://127.0.0.1:1/0", "p") as app:
        conf = app.conf
        assert not conf.task_acks_late
        assert conf.worker_prefetch_multiplier == 1
        assert conf.result_backend is None
        assert conf.task_time_limit is None
        assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
        assert not conf.worker_cancel_long_running_tasks_on_connection_loss
        assert conf.broker_transport_options["visibility_timeout"] > 365 * 24 * 3600
        assert conf.broker_transport_options["global_keyprefix"] == "p:celery:"
    assert TASK_NAME == "penstock.slot"


def test_a_worker_that_lost_its_broker_tries_again_within_half_a_second() -> None:
    """Celery's worker leaves the intervals to its connection; kombu's own are 2, 4, 6 … s."""
    waits: list[float] = []

    def failed(error: Exception, interval: float) -> None:
        waits.append(interval)

    with (
        make_app("redis://127.0.0.1:1/0", "p") as app,
        app.connection_for_read() as connection,
        pytest.raises(OperationalError),
    ):
        connection.ensure_connection(failed, 6)
    assert len(waits) == 6
    assert max(waits) <= 0.5


def test_celery_is_imported_by_those_who_need_it() -> None:
    program = (
        "import sys, penstock.coordination.broker, penstock.coordination.coordination; print('celery' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "False\n"
