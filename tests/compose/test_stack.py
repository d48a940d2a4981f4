"""The stack of compose.yaml, as a user brings it up: make up, make submit, make down."""

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from pydoc_data.topics import topics

import pytest

from penstock.client.cluster.ports import is_free
from tests.integration.cluster.oracle import counts_written, expected_counts

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "COMPOSE_PROJECT_NAME": "penstock-test"}


def run(*command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module", autouse=True)
def stack() -> Iterator[None]:
    if not shutil.which("docker") or run("docker", "compose", "version", check=False).returncode:
        pytest.skip("docker compose is not installed")
    if run("docker", "version", check=False).returncode:
        pytest.skip("no Docker engine answers")
    assert is_free(8081) and is_free(8082), "ports 8081 and 8082 are taken: stop what uses them"
    run("docker", "compose", "down", "-v")
    try:
        run("make", "up")
        yield
    finally:
        run("docker", "compose", "down", "-v")


@pytest.fixture
def output() -> Iterator[Path]:
    """A folder that the TaskManagers see as /data/<name>."""
    folder = ROOT / "data" / f"test-{uuid.uuid4().hex}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def submit(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return run("make", "submit", f"VENV={sys.prefix}", *arguments, check=False)


def test_word_count_is_submitted_attached_and_right(output: Path) -> None:
    arguments = f"--output /data/{output.name} --repeat 3"
    done = submit("JOB=examples/word_count.py", f"ARGS={arguments}", "P=4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"Job [0-9a-f]{32} FINISHED in [\d.]+ s", done.stdout.splitlines()[-1])
    assert counts_written(output) == expected_counts(" ".join(topics.values()), repeat=3)
    # what jobs write belongs to whoever mounted the folder
    assert {p.stat().st_uid for p in output.rglob("*")} <= {(ROOT / "data").stat().st_uid}


def test_either_dispatcher_serves(output: Path) -> None:
    run("docker", "compose", "stop", "dispatcher-1")
    try:
        done = submit("JOB=examples/word_count.py", f"ARGS=--output /data/{output.name}", "P=2")
    finally:
        run("docker", "compose", "start", "dispatcher-1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert Counter(counts_written(output)).total() == sum(len(text.split()) for text in topics.values())


def test_a_failed_job_fails_the_command(tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text(
        "from penstock.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([1, 0]).map(lambda n: 1 // n).print()\n"
        "env.execute()\n"
    )
    done = submit(f"JOB={job}")
    assert done.returncode != 0
    assert re.search(r"Job [0-9a-f]{32} FAILED", done.stdout)
    assert "ZeroDivisionError" in done.stderr and "job.py" in done.stderr


def test_no_service_runs_as_root() -> None:
    ids = run("docker", "compose", "ps", "-q").stdout.split()
    users = {
        line.split()[1]
        for container in ids
        if "penstock" in run("docker", "inspect", "--format", "{{.Config.Image}}", container).stdout
        for line in run("docker", "top", container, "-eo", "pid,user,args").stdout.splitlines()[1:]
        if "penstock_" in line
    }
    assert users and "root" not in users
