"""What is told of a job that runs: latency, flame graphs, logs, attempts, and that metrics move."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

#: its consumer is slow, so that credit runs out; its source is in a slot of its own
HELD_BACK = textwrap.dedent(
    """
    import logging, time
    from penstock.common import WatermarkStrategy
    from penstock.datastream import StreamExecutionEnvironment
    from penstock.datastream.connectors.number_seq import NumberSequenceSource

    def wide(n):
        if n % 1000 == 0:
            logging.getLogger("mine").warning("at %d", n)
        return (n % 7, "x" * 500, n)

    def dawdling(pair):
        if pair[2] % 10 == 0:
            time.sleep(0.002)
        return pair

    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(500)
    env.get_config().set_latency_tracking_interval(100)
    numbers = env.from_source(NumberSequenceSource(0, 100_000_000), WatermarkStrategy.no_watermarks(), "numbers")
    numbers.map(wide).key_by(lambda t: t[0]).map(dawdling).filter(lambda t: False).print()
    env.execute("held back")
    """
)


class Watched:
    def __init__(self, cluster: LocalCluster, job: str) -> None:
        self.cluster, self.job = cluster, job

    def sum(self, name: str) -> float:
        """Over all samples of this metric that are of the job."""
        with urllib.request.urlopen(f"{self.cluster.rest[0].rstrip('/')}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        mine = (line for line in text.splitlines() if line.startswith(f"{name}{{") and self.job in line)
        return sum(float(line.rpartition(" ")[2]) for line in mine)

    def vertices(self) -> list[str]:
        return [vertex["id"] for vertex in self.cluster.get(f"/jobs/{self.job}")["vertices"]]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    cluster = LocalCluster(folder / "dir", "--jobmanagers", "2")
    (folder / "held_back.py").write_text(HELD_BACK)
    options = ("-p", "2", "-D", "penstock.exchange.in-memory-channels=false")
    job = cluster.submit(folder / "held_back.py", options=options)
    cluster.wait_state(job, "RUNNING")
    yield Watched(cluster, job)
    cluster.stop()


@pytest.mark.parametrize(
    "name",
    [
        "flink_taskmanager_job_task_numRecordsOut",
        "flink_jobmanager_job_numberOfCompletedCheckpoints",
        "penstock_task_credit_wait_milliseconds_total",
    ],
)
def test_counters_grow(watched: Watched, name: str) -> None:
    wait_for(lambda: watched.sum(name) > 0, 60, name)
    before = watched.sum(name)
    wait_for(lambda: watched.sum(name) > before, 60, f"{name} to grow")


def test_input_logs_are_seen_to_fill(watched: Watched) -> None:
    wait_for(lambda: watched.sum("penstock_input_log_bytes") > 20_000, 60, "bytes in the input logs")
    assert watched.sum("penstock_input_log_entries") > 0


def test_latency_counts_the_time_that_records_wait(watched: Watched) -> None:
    source, consumer = watched.vertices()

    def latencies() -> dict[str, float]:
        names = [
            m["id"] for m in watched.cluster.get(f"/jobs/{watched.job}/metrics") if m["id"].endswith("latency_p99")
        ]
        asked = ",".join(names)
        found = watched.cluster.get(f"/jobs/{watched.job}/metrics?get={asked}") if names else []
        return {m["id"]: float(m["value"]) for m in found}

    at = f"latency.source_id.{source}.operator_id.{consumer}.operator_subtask_index."
    wait_for(
        lambda: max((ms for name, ms in latencies().items() if name.startswith(at)), default=0) > 50, 60, "latency"
    )
    total = "flink_taskmanager_job_latency_source_id_operator_id_operator_subtask_index_latency_count"
    before = watched.sum(total)
    wait_for(lambda: watched.sum(total) > before, 60, "more markers")


def test_a_flame_graph_names_the_function_that_is_slow(watched: Watched) -> None:
    consumer = watched.vertices()[-1]

    def seen(kind: str) -> str:
        return json.dumps(watched.cluster.get(f"/jobs/{watched.job}/vertices/{consumer}/flamegraph?type={kind}"))

    wait_for(lambda: re.search(r"dawdling:\d+", seen("OFF_CPU")) is not None, 60, "samples of the sleep")
    assert '"endTimestamp": -1' not in seen("FULL")


def test_lines_of_functions_say_which_task_they_are_of(watched: Watched) -> None:
    logged = watched.cluster.cli(
        "logs", "-m", watched.cluster.addresses, "taskmanager-1", "taskmanager-2", "-n", "5000", "--json"
    ).stdout
    lines: list[dict[str, Any]] = [json.loads(line) for line in logged.splitlines() if line.startswith('{"')]
    mine = next(line for line in lines if str(line["event"]).startswith("at "))
    assert (mine["job"], mine["vertex"], mine["attempt"]) == (watched.job, watched.vertices()[0], 0)
    assert mine["subtask"] in (0, 1) and mine["epoch"] >= 1
    assert mine["task"].startswith("Source: numbers")


def test_logs_are_followed_until_somebody_interrupts(watched: Watched) -> None:
    options = ["-m", watched.cluster.addresses, "-f", "-n", "0", "-j", watched.job]
    command = [sys.executable, "-m", "penstock", "logs", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        line = following.stdout.readline()
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=60)
    assert re.match(r"(jobmanager|taskmanager)-\d: \d\d:\d\d:\d\d", line), line
    assert following.returncode == 130


def test_metrics_on_the_command_line(watched: Watched) -> None:
    def run(*args: str) -> "subprocess.CompletedProcess[str]":
        return watched.cluster.cli("metrics", "-m", watched.cluster.addresses, watched.job, *args)

    assert "held back RUNNING" in run().stdout
    assert "taskmanager-" in run("-v", "numbers").stdout
    told = json.loads(run("--json", "-v", "numbers").stdout)
    assert int(told["vertices"][0]["metrics"]["0.numRecordsOut"]) > 0
    wrong = watched.cluster.cli("metrics", "-m", watched.cluster.addresses, watched.job, "-v", "nothing", check=False)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 2)


def test_a_takeover_raises_the_epoch_and_a_lost_slot_leaves_its_attempt(watched: Watched) -> None:
    """The last one: it kills."""
    epoch = f'penstock_epoch{{role="job:{watched.job}"}}'
    before = watched.sum("penstock_epoch")
    assert before >= 1, epoch
    leader = next(p for p in watched.cluster.processes("jobmanager") if watched.job in p["jobs"])
    os.kill(leader["pid"], signal.SIGKILL)
    wait_for(lambda: watched.sum("penstock_epoch") > before, 60, "the takeover")
    slot = next(p for p in watched.cluster.processes("slot") if watched.job in p["jobs"])
    os.kill(slot["pid"], signal.SIGKILL)
    subtask = f"/jobs/{watched.job}/vertices/{watched.vertices()[0]}/subtasks/0"
    wait_for(lambda: watched.cluster.get(subtask)["attempt"] == 1, 90, "the second attempt")
    first = watched.cluster.get(f"{subtask}/attempts/0")
    assert first["metrics"]["read-records"] + first["metrics"]["write-records"] > 0
    assert first["attempt"] == 0 and first["status"] in ("FAILED", "CANCELED")
    assert first["taskmanager-id"].startswith("taskmanager-") and first["end-time"] > 0


def test_without_a_cluster_the_error_is_two_lines(tmp_path: Path, watched: Watched) -> None:
    for verb in (("logs",), ("metrics", "a" * 32)):
        options = ("-D", "rest.retry.max-attempts=1", "-m", "127.0.0.1:9")
        failed = watched.cluster.cli(verb[0], *options, *verb[1:], check=False)
        assert failed.returncode == 1
        assert failed.stderr.startswith("error: no dispatcher answers") and len(failed.stderr.splitlines()) <= 2
