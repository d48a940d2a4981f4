"""A worker's start, end, lost registration, deafness, and Redis coming and going."""

import os
import signal
import socket
import time
import urllib.request

import pytest
import redis

from penstock.coordination.messages import SlotLost, TaskManagerLeft, TaskManagerRegistered
from tests.chaos.harness import Disturbance
from tests.chaos.processes.proxy import FaultProxy
from tests.conftest import StartRedis
from tests.integration.taskmanager.conftest import StartWorker
from tests.integration.taskmanager.harness import WorkerUnderTest, eventually, is_alive

pytestmark = pytest.mark.integration


def test_sigterm_leaves_cleanly(worker: WorkerUnderTest) -> None:
    _, pid = worker.run("hang-a")
    children = worker.children()
    assert pid in children and len(children) == 2
    incarnation = worker.registered()
    worker.process.terminate()
    assert worker.process.wait(15) == 0
    assert not any(is_alive(child) for child in children)
    assert worker.resource_events()[-1] == TaskManagerLeft(taskmanager="tm", incarnation=incarnation)
    assert worker.coordination.taskmanagers.get("tm") is None
    assert worker.coordination.registry.alive() == []


def test_killed_parent_takes_its_children_along(worker: WorkerUnderTest) -> None:
    worker.run("hang-a")
    children = worker.children()
    assert len(children) == 2
    worker.process.kill()
    worker.process.wait(15)
    eventually(lambda: not any(is_alive(child) for child in children), "the children, busy and idle, are gone")


def test_lost_registration_starts_anew(worker: WorkerUnderTest) -> None:
    _, pid = worker.run("hang-a")
    first = worker.registered()
    children = worker.children()
    assert worker.coordination.taskmanagers.remove("tm", first)
    second = eventually(lambda: (info := worker.coordination.taskmanagers.get("tm")) and info.incarnation, "anew")
    assert second != first
    assert not any(is_alive(child) for child in children)
    assert worker.states() == ["FREE", "FREE"]
    registrations = [event for event in worker.resource_events() if isinstance(event, TaskManagerRegistered)]
    assert [(event.incarnation, event.occupied) for event in registrations] == [(first, {}), (second, {})]
    _, next_pid = worker.run("job-b")
    assert next_pid != pid


def test_deaf_consumer_is_restarted(start_worker: StartWorker) -> None:
    worker = start_worker(
        slots="1", **{"penstock.taskmanager.probe-interval": "200 ms", "penstock.taskmanager.probe-timeout": "500 ms"}
    )
    worker.registered()
    os.kill(worker.process.pid, signal.SIGUSR1)
    eventually(lambda: "the worker has stopped consuming" in worker.log.read_text(), "the probe notices")
    _, pid = worker.run("job-a")
    assert is_alive(pid)


def test_a_worker_that_celery_gives_up_leaves(worker: WorkerUnderTest) -> None:
    worker.run("hang-a")
    children, incarnation = worker.children(), worker.registered()
    worker.process.send_signal(signal.SIGUSR2)
    assert worker.process.wait(20) == 1
    assert not any(is_alive(child) for child in children)
    assert worker.resource_events()[-1] == TaskManagerLeft(taskmanager="tm", incarnation=incarnation)


def test_running_slot_survives_a_redis_restart(start_redis: StartRedis, start_worker: StartWorker) -> None:
    server = start_redis(persistent=True)
    worker = start_worker(url=server.url)
    allocation, pid = worker.run("job-a")
    server.restart()
    # The worker consumes again, on its other slot; the running one was not touched.
    _, other = worker.run("job-b", slot=1)
    assert is_alive(pid) and is_alive(other)
    assert worker.rows()[0].pid == pid
    worker.release("job-a", allocation)
    eventually(lambda: worker.rows()[0].state == "FREE", "released")
    assert not any(isinstance(event, SlotLost) for event in worker.job_events("job-a"))


@pytest.mark.parametrize("how", ["reset", "silence", "kill"])
def test_a_worker_whose_connections_break_consumes_again(
    start_redis: StartRedis, start_worker: StartWorker, how: str
) -> None:
    """Reset by the network; cut without a word, for longer than any timeout; ended by Redis."""
    server = start_redis(persistent=True)
    proxy = FaultProxy(server.port)
    try:
        behind = {"penstock.redis.url": f"redis://127.0.0.1:{proxy.listen('tm')}/0"}
        worker = start_worker(url=server.url, **behind)
        _, pid = worker.run("job-a")
        match how:
            case "reset":
                proxy.disturb("tm", Disturbance("reset"))
            case "silence":
                proxy.disturb("tm", Disturbance("cut"))
                time.sleep(8)
                proxy.mend()
            case _:
                with redis.Redis.from_url(server.url) as client:
                    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        other = worker.run_insisting("job-b", slot=1)
        assert is_alive(pid) and is_alive(other)
        assert worker.rows()[0].pid == pid
        assert worker.process.poll() is None
    finally:
        proxy.close()


def test_starts_before_redis(start_redis: StartRedis, start_worker: StartWorker) -> None:
    server = start_redis()
    server.stop()
    worker = start_worker(url=server.url)
    eventually(lambda: "Redis is away" in worker.log.read_text(), "it waits")
    server.start()
    worker.run("job-a")


def test_health(start_worker: StartWorker) -> None:
    port = _free_port()
    worker = start_worker(**{"penstock.health.port": str(port)})
    worker.registered()
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.0 200")


def test_refused_deliveries_are_counted(start_worker: StartWorker) -> None:
    """At the health port, and in the row that dispatchers show: late copies, strangers' ones, and what is no hint."""
    port = _free_port()
    worker = start_worker(**{"penstock.health.port": str(port)})
    allocation, _ = worker.run("job-a")
    worker.release("job-a", allocation)
    worker.await_states("FREE", "FREE")
    for _ in range(3):
        worker.hint("job-a", allocation)
        worker.hint("job-a", f"{allocation}-nobody's")
    worker.send("penstock.slot", ["job-a", allocation])
    worker.send("celery.map", [])
    worker.run("job-b", slot=1)  # the queue is taken in order: all the others were seen

    def counted() -> bool:
        row = next((s for s in worker.coordination.registry.alive() if s.service == "taskmanager"), None)
        return row is not None and (row.refused, row.unsealed["hint"]) == (6, 2)

    eventually(lambda: counted() or None, "they were announced")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    assert 'penstock_celery_deliveries_refused_total{tm_id="tm"} 6.0' in lines
    assert 'penstock_celery_deliveries_total{tm_id="tm"} 2.0' in lines
    assert 'penstock_process_refused_total{kind="hint"} 2.0' in lines


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_hints_met_by_a_redis_out_of_memory(start_redis: StartRedis, start_worker: StartWorker) -> None:
    """Celery takes a message off its queue, and cannot write down that it did: the worker lives on."""
    server = start_redis(persistent=True)
    worker = start_worker(url=server.url)
    allocation, pid = worker.run("job-a")
    worker.process.send_signal(signal.SIGSTOP)
    try:
        worker.hint("job-a", allocation)
        worker.hint("job-a", allocation)
        worker.coordination.client.config_set("maxmemory", "1")
    finally:
        worker.process.send_signal(signal.SIGCONT)
    eventually(lambda: "takes no writes" in worker.log.read_text(), "it says so")
    time.sleep(3)
    assert worker.process.poll() is None, worker.log.read_text()[-3000:]
    worker.coordination.client.config_set("maxmemory", "0")
    _, other = worker.run("job-b", slot=1)
    assert is_alive(pid) and is_alive(other)
    assert worker.rows()[0].pid == pid
    assert not any(isinstance(event, SlotLost) for event in worker.job_events("job-a"))
