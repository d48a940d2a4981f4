"""That it is what it says it is, looked at from outside while a job runs at parallelism 4."""

import os
import signal
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = pytest.mark.integration

ENDLESS = textwrap.dedent(
    """
    import os, sys, time
    from penstock.common import Types, WatermarkStrategy
    from penstock.datastream import StreamExecutionEnvironment
    from penstock.datastream.connectors.number_seq import NumberSequenceSource

    PIDS = sys.argv[1]

    def slow(n):
        open(os.path.join(PIDS, str(os.getpid())), "a").close()
        time.sleep(0.001)
        return (n % 1000, 1)

    def count(a, b):
        open(os.path.join(PIDS, str(os.getpid())), "a").close()
        return (a[0], a[1] + b[1])

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(4)
    numbers = env.from_source(NumberSequenceSource(0, 100_000_000), WatermarkStrategy.no_watermarks(), "numbers")
    numbers.map(slow).key_by(lambda t: t[0]).reduce(count).filter(lambda t: False).print()
    env.execute("endless")
    """
)


class Running:
    def __init__(self, cluster: LocalCluster, job: str, pids: Path) -> None:
        self.cluster, self.job, self.pids = cluster, job, pids

    def user_pids(self) -> set[int]:
        return {int(p.name) for p in self.pids.iterdir()}

    def vertices(self) -> list[dict[str, Any]]:
        details: dict[str, Any] = self.cluster.get(f"/jobs/{self.job}")
        return list(details["vertices"])

    def records_read(self) -> int:
        """By the vertex that counts, as its own metrics say."""
        return int(self.vertices()[-1]["metrics"]["read-records"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("outside")
    cluster = LocalCluster(folder / "dir")
    (folder / "pids").mkdir()
    (folder / "endless.py").write_text(ENDLESS)
    job = cluster.submit(folder / "endless.py", str(folder / "pids"))
    cluster.wait_state(job, "RUNNING")
    made = Running(cluster, job, folder / "pids")
    wait_for(lambda: made.records_read() > 100, 30, "records")
    yield made
    cluster.stop()


def test_each_slot_process_holds_its_own_subtasks(running: Running) -> None:
    busy = [p for p in running.cluster.processes("slot") if running.job in p["jobs"]]
    assert len({p["pid"] for p in busy}) == 4
    assert running.user_pids() == {p["pid"] for p in busy}
    for vertex in running.vertices():
        details = running.cluster.get(f"/jobs/{running.job}/vertices/{vertex['id']}")
        assert [s["subtask"] for s in details["subtasks"]] == [0, 1, 2, 3]
        assert {s["status"] for s in details["subtasks"]} == {"RUNNING"}
        assert len({s["taskmanager-id"] for s in details["subtasks"]}) == 2
        assert {s["attempt"] for s in details["subtasks"]} == {0}


def test_data_flows_through_the_input_log_of_every_consuming_subtask(running: Running) -> None:
    consumer = running.vertices()[-1]["id"]
    appended: dict[str, int] = {}
    with redis.Redis.from_url(running.cluster.status()["exchange"][0]) as client, client.monitor() as monitor:
        deadline = time.monotonic() + 20
        while len(appended) < 4 and time.monotonic() < deadline:
            command = monitor.next_command()["command"]
            words = command.split(" ")
            if words[0] == "XADD" and consumer in words[1]:
                appended[words[1]] = appended.get(words[1], 0) + 1
    assert len(appended) == 4, f"input logs with data: {appended}"


def test_a_paused_exchange_stops_the_output_and_lets_it_go_on(running: Running) -> None:
    with redis.Redis.from_url(running.cluster.status()["exchange"][0]) as client:
        client.execute_command("CLIENT", "PAUSE", "6000", "ALL")
    time.sleep(3)  # what was on its way is through, metrics are fresh
    paused = running.records_read()
    time.sleep(2)
    assert running.records_read() == paused
    wait_for(lambda: running.records_read() > paused + 100, 30, "records after the pause")


def test_without_taskmanagers_nobody_runs_user_code(running: Running) -> None:
    before = {p["pid"] for p in running.cluster.status()["processes"]}
    for process in running.cluster.processes("taskmanager"):
        os.kill(process["pid"], signal.SIGKILL)
    wait_for(lambda: not running.cluster.processes("slot"), 20, "slot processes gone with their TaskManager")
    for path in running.pids.iterdir():
        path.unlink()
    details = running.cluster.wait_state(running.job, "FAILED")
    assert running.user_pids() == set(), f"user code ran outside of slots: {running.user_pids() & before}"
    assert details["state"] == "FAILED"
