"""`penstock cluster start | status | stop` with real processes."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.client.cluster.process_table import all_processes, find_process
from tests.integration.cli.cluster import Cluster

pytestmark = pytest.mark.integration


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "dir")
    yield made
    made("stop")


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while find_process(pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def configuration(cluster: Cluster) -> str:
    return (cluster.folder / "conf/config.yaml").read_text()


def test_checkpoints_go_where_the_user_says(cluster: Cluster) -> None:
    cluster.start("--taskmanagers", "1", "--slots", "1", "-D", "state.checkpoints.dir=/elsewhere")
    assert "/elsewhere" in configuration(cluster) and str(cluster.folder / "checkpoints") not in configuration(cluster)


def test_start_kill_start_again_stop(cluster: Cluster) -> None:
    cluster.start("--jobmanagers", "2", "--slots", "1")
    before = cluster.status()
    assert [p["service"] for p in before["processes"]] == (
        ["redis"] * 2 + ["dispatcher"] + ["jobmanager"] * 2 + ["resourcemanager"] + ["taskmanager"] * 2 + ["slot"] * 2
    )
    assert sorted(p["state"] for p in before["processes"] if p["service"] in ("slot", "resourcemanager")) == [
        "FREE",
        "FREE",
        "LEADING",
    ]

    killed = {name: cluster.pids()[name] for name in ("jobmanager-2", "taskmanager-1")}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)
    assert "execution.checkpointing.dir: " + str(cluster.folder / "checkpoints") in configuration(cluster)
    left = cluster.pids()
    assert not left.keys() & killed.keys(), "status lists live processes only"

    cluster.start()
    again = cluster.pids()
    assert {name: pid for name, pid in again.items() if name not in killed} == left
    assert all(again[name] != pid for name, pid in killed.items())
    assert len(cluster.slots()) == 2
    assert cluster.status()["rest"] == before["rest"]

    everything = {*again.values(), *cluster.slots()}
    done = cluster("stop")
    assert (done.returncode, done.stdout) == (0, f"stopped {len(again)} processes\n")
    assert not everything & {entry.pid for entry in all_processes()}
    assert cluster.status()["processes"] == []
    assert cluster("stop").stdout == "nothing was running\n"


def test_a_taken_port_is_named_and_nothing_is_left_running(cluster: Cluster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = cluster("start", "--rest-port", str(port))
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr and "--rest-port" in done.stderr
    assert not list((cluster.folder / "pids").iterdir())


def test_the_log_of_a_service_that_dies_is_shown(cluster: Cluster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = cluster("start", "--rest-port", "0", "-D", f"penstock.health.port={taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "ended with status" in done.stderr and "penstock.health.port" in done.stderr
    assert not list((cluster.folder / "pids").iterdir())


def test_an_external_redis_that_is_not_there(cluster: Cluster) -> None:
    done = cluster("start", "--redis", "redis://:hidden@127.0.0.1:1/0")
    assert done.returncode == 1
    assert "--redis: no Redis answers at redis://127.0.0.1:1/0" in done.stderr and "hidden" not in done.stderr


def test_external_redises_are_used_and_left_alone(cluster: Cluster, redis_server: Any) -> None:
    cluster.start("--redis", redis_server.url, "--exchange-redis", redis_server.url, "-D", f"cluster.id={os.getpid()}")
    found = cluster.status()
    assert (found["redis"], found["exchange"]) == (redis_server.url, [redis_server.url])
    assert not [p for p in found["processes"] if p["service"] == "redis"]
    assert len([p for p in found["processes"] if p["service"] == "slot"]) == 4
    assert cluster("stop").returncode == 0
    assert find_process(redis_server.pid) is not None
