"""The stack of compose.yaml, as a user brings it up: make up, make submit, make down."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from pydoc_data.topics import topics

import pytest

from tests.integration.cluster.oracle import counts_written, expected_counts

from .stack import Stack

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

HEAD = """
import os, socket
from penstock.common import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import FileSource, StreamFormat
env = StreamExecutionEnvironment.get_execution_environment()
"""
VERDICT = r"Job [0-9a-f]{32} {} in [\d.]+ s(, .*)?"


def script(folder: Path, body: str) -> str:
    path = folder / "job.py"
    path.write_text(HEAD + body)
    return f"JOB={path}"


def is_verdict(state: str, stdout: str) -> bool:
    return re.fullmatch(VERDICT.replace("{}", state), stdout.splitlines()[-1]) is not None


def test_word_count_is_submitted_attached_and_right(stack: Stack, output: Path) -> None:
    arguments = f"--output /data/{output.name} --repeat 3"
    done = stack.submit("JOB=examples/word_count.py", f"ARGS={arguments}", "P=4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert is_verdict("FINISHED", done.stdout)
    assert counts_written(output) == expected_counts(" ".join(topics.values()), repeat=3)
    # what jobs write belongs to whoever mounted the folder
    assert {p.stat().st_uid for p in output.rglob("*")} <= {stack.data.stat().st_uid}


def test_either_dispatcher_serves(stack: Stack, output: Path) -> None:
    for dispatcher in ("dispatcher-1", "dispatcher-2"):
        stack.run("docker", "compose", "stop", dispatcher)
        try:
            done = stack.submit("JOB=examples/word_count.py", f"ARGS=--output /data/{output.name}", "P=2")
        finally:
            stack.run("docker", "compose", "start", dispatcher)
        assert done.returncode == 0, done.stdout + done.stderr
    total = sum(len(text.split()) for text in topics.values())
    assert Counter(counts_written(output)).total() == total


def test_every_taskmanager_reads_data(stack: Stack, tmp_path: Path) -> None:
    # through the engine: the folder belongs to somebody else
    taskmanagers = stack.containers("taskmanager")
    write = (
        "mkdir -p /data/in && for n in 1 2 3 4 5 6 7 8; do seq $((n * 1000)) $((n * 1000 + 999)) > /data/in/$n; done"
    )
    stack.run("docker", "exec", taskmanagers[0], "sh", "-c", write)
    job = script(
        tmp_path,
        """
env.set_parallelism(4)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), "/data/in").build()
lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")
where = list(lines.map(lambda line: (socket.gethostname(), int(line))).execute_and_collect())
print(sorted(line for _, line in where) == list(range(1000, 9000)), len({host for host, _ in where}))
""",
    )
    done = stack.submit(job)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"True {len(taskmanagers)}" in done.stdout.splitlines()


def test_what_a_job_carries_reaches_taskmanagers_of_another_user(stack: Stack, tmp_path: Path) -> None:
    # above 1 MiB it goes through the storage volume, which the services share
    job = script(
        tmp_path,
        """
load = os.urandom(3 << 20)
print(set(env.from_collection([1]).map(lambda n: (len(load), os.getuid())).execute_and_collect()))
""",
    )
    done = stack.submit(job)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{{({3 << 20}, {stack.data.stat().st_uid or 1000})}}" in done.stdout.splitlines()


def test_a_failed_job_fails_the_command(stack: Stack, tmp_path: Path) -> None:
    body = "def divide(n):\n    return 1 // n\nenv.from_collection([1, 0]).map(divide).print()\nenv.execute()\n"
    done = stack.submit(script(tmp_path, body))
    assert done.returncode != 0
    assert is_verdict("FAILED", done.stdout)
    told = done.stderr[done.stderr.index("Traceback") :].splitlines()
    assert "job.py" in told[1] and "in divide" in told[1]
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("service", ["dispatcher-1", "dispatcher-2", "jobmanager", "resourcemanager", "redis"])
def test_a_job_outlives_the_crash_of_a_service(stack: Stack, tmp_path: Path, service: str) -> None:
    running = start_slow_job(stack, tmp_path)
    for container in stack.containers(service):
        stack.crash(container)
    stdout, stderr = running.communicate(timeout=200)
    assert running.returncode == 0, stdout + stderr
    assert "sum 19900" in stdout.splitlines()
    stack.wait_healthy()


@pytest.mark.parametrize("service", ["taskmanager", "redis-exchange"])
def test_after_a_crash_the_next_job_runs(stack: Stack, tmp_path: Path, output: Path, service: str) -> None:
    running = start_slow_job(stack, tmp_path)
    for container in stack.containers(service):
        stack.crash(container)
    stdout, stderr = running.communicate(timeout=200)
    assert running.returncode != 0, stdout + stderr
    assert "lost" in stderr.lower()
    stack.wait_healthy()
    done = stack.submit("JOB=examples/word_count.py", f"ARGS=--output /data/{output.name}", "P=4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts_written(output) == expected_counts(" ".join(topics.values()))


def start_slow_job(stack: Stack, folder: Path) -> "subprocess.Popen[str]":
    """One that runs for about ten seconds in two slots of either TaskManager; the engine has it running."""
    job = script(
        folder,
        """
import time
def slow(n):
    time.sleep(0.2)
    return n
env.set_parallelism(4)
slowly = env.from_collection(list(range(200))).rebalance().map(slow)
print("sum", sum(slowly.execute_and_collect()))
""",
    )
    running = stack.start_submit(job)
    stack.wait_running()
    return running


def test_every_container_is_healthy_and_its_logs_are_json(stack: Stack) -> None:
    stack.wait(
        lambda: all(stack.inspect(c)["State"]["Health"]["Status"] == "healthy" for c in stack.containers()),
        "the engine finds all containers healthy",
    )
    lines = stack.run("docker", "logs", "--tail", "20", stack.containers("jobmanager")[0]).stdout.splitlines()
    assert lines and all(line.startswith('{"') for line in lines)


def test_no_service_runs_as_root(stack: Stack) -> None:
    users = {
        line.split()[1]
        for container in stack.containers()
        for line in stack.run("docker", "top", container, "-eo", "pid,user,args").stdout.splitlines()[1:]
        if "penstock_" in line
    }
    assert users and "root" not in users
    assert os.geteuid() or "1500" in users


def test_logs_of_all_services_are_in_rest(stack: Stack, tmp_path: Path) -> None:
    """`env.log.dir` is one folder of a volume: any dispatcher shows what is logged and printed."""
    job = script(
        tmp_path,
        """
env.set_parallelism(2)
env.from_collection(["to be", "or not"]).rebalance().map(lambda text: text.upper()).print()
env.execute("printing")
""",
    )
    done = stack.submit(job)
    assert done.returncode == 0, done.stdout + done.stderr
    taskmanagers = stack.taskmanagers()
    processes = {row["process"] for row in stack.asked("/penstock/logs")["logs"]}
    assert taskmanagers <= processes
    for service in ("dispatcher", "jobmanager", "resourcemanager"):
        # and those that other tests of this stack have ended
        assert len([name for name in processes if name.startswith(f"{service}-")]) >= 2, processes

    def printed() -> list[str]:
        texts = [stack.text(f"/taskmanagers/{name}/stdout") for name in taskmanagers]
        return sorted(line.partition("> ")[2] for text in texts for line in text.splitlines() if "> " in line)

    stack.wait(lambda: printed() == ["OR NOT", "TO BE"], f"what was printed: {printed()}")
    logs = [stack.text(f"/taskmanagers/{name}/log") for name in taskmanagers]
    assert sum('"event":"task state"' in log for log in logs) > 0
    assert '"event":"leading"' in "".join(
        stack.text(f"/jobmanager/logs/{row['name']}") for row in stack.asked("/jobmanager/logs")["logs"]
    )
