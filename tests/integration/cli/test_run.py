"""`penstock run`, `list` and `cancel` against a cluster: what is said, and the exit status."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.cluster import Cluster, clean_environment

pytestmark = pytest.mark.integration

HEAD = """
import time
from penstock.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
"""
QUICK = HEAD + "env.from_collection([1, 2, 3]).map(lambda n: n + 1).print()\nenv.execute('quick')\n"
SLOW = HEAD + "env.from_collection(range(10000)).map(lambda n: time.sleep(0.05)).print()\nenv.execute('slow')\n"
BROKEN = HEAD + (
    "def divide(n):\n    return 1 // n\nenv.from_collection([1, 0]).map(divide).print()\nenv.execute('broken')\n"
)
TWO = QUICK + "env.from_collection([4]).print()\nenv.execute('second')\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cli") / "dir")
    made.start()
    yield made
    made("stop")


class Penstock:
    """Runs `penstock COMMAND -m <the cluster> …` in a folder of the test's own."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        [self.url] = cluster.status()["rest"]
        self.folder = folder

    def start(self, command: str, *arguments: str) -> "subprocess.Popen[str]":
        address = self.url.removeprefix("http://")
        return subprocess.Popen(
            [sys.executable, "-m", "penstock", command, "-m", address, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=clean_environment(),
        )

    def __call__(self, command: str, *arguments: str) -> tuple[int, str, str]:
        with self.start(command, *arguments) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def job(self, program: str) -> str:
        (self.folder / "job.py").write_text(program)
        return "job.py"

    def wait_for(self, job: str, state: str) -> None:
        deadline = time.monotonic() + 30
        while (found := self.get(f"/jobs/{job}")["state"]) != state:
            assert time.monotonic() < deadline, f"{job} is {found}, not {state}"
            time.sleep(0.05)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture
def penstock(cluster: Cluster, tmp_path: Path) -> Penstock:
    return Penstock(cluster, tmp_path)


def submitted(line: str) -> str:
    found = re.fullmatch(r"Job ([0-9a-f]{32}) submitted\n?", line)
    assert found, line
    return found[1]


def test_attached_the_last_line_is_the_verdict(penstock: Penstock) -> None:
    code, out, err = penstock("run", "-p", "2", penstock.job(QUICK))
    assert code == 0, err
    first, last = out.splitlines()
    assert re.fullmatch(rf"Job {submitted(first)} FINISHED in \d+\.\d s(, .*)?", last)
    assert err.startswith(f"Job {submitted(first)} "), "progress goes to stderr"


def test_a_verdict_for_each_job_of_a_program(penstock: Penstock) -> None:
    code, out, err = penstock("run", penstock.job(TWO))
    assert code == 0, err
    assert [line.split()[2] for line in out.splitlines()] == ["submitted", "submitted", "FINISHED", "FINISHED"]


def test_a_failed_job_shows_the_users_traceback_first(penstock: Penstock) -> None:
    code, out, err = penstock("run", penstock.job(BROKEN))
    assert code == 1
    assert re.fullmatch(r"Job [0-9a-f]{32} FAILED in \d+\.\d s", out.splitlines()[-1])
    trace = err[err.index("Traceback") :].splitlines()
    assert 'job.py", line' in trace[1] and "in divide" in trace[1]
    assert "ZeroDivisionError" in err and "penstock/client" not in err


def test_detached_then_listed_then_cancelled(penstock: Penstock) -> None:
    code, out, err = penstock("run", "-d", penstock.job(SLOW))
    assert code == 0, err
    job = submitted(out)
    penstock.wait_for(job, "RUNNING")
    assert f"{job} : slow (RUNNING" in penstock("list")[1]
    assert penstock("cancel", job)[:2] == (0, f"Job {job} CANCELED\n")
    assert f"{job} : slow (CANCELED)" in penstock("list", "-a")[1]
    code, _, err = penstock("cancel", job)
    assert code == 1 and f"job {job} has ended: it is CANCELED" in err


def test_ctrl_c_detaches(penstock: Penstock) -> None:
    with penstock.start("run", penstock.job(SLOW)) as process:
        assert process.stdout is not None
        job = submitted(process.stdout.readline())
        penstock.wait_for(job, "RUNNING")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"job {job} goes on" in err and "Traceback" not in err
    assert penstock.get(f"/jobs/{job}")["state"] == "RUNNING"
    assert penstock("cancel", job)[0] == 0


def test_a_job_that_waits_for_slots_says_so_and_gives_up(penstock: Penstock) -> None:
    code, out, err = penstock("run", "-p", "64", "-D", "slot.request.timeout=2 s", penstock.job(QUICK))
    assert code == 1
    assert "waiting for 64 of 64 slots" in err
    assert "NoResourceAvailableException" in err
    assert " FAILED in " in out.splitlines()[-1]


def test_an_unknown_job(penstock: Penstock) -> None:
    code, _, err = penstock("cancel", "0" * 32)
    assert code == 1 and f"the cluster has no job {'0' * 32}" in err
