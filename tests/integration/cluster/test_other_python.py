"""A client of another Python minor version than the slots': programs are sent, pickled functions are refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]  # the first run makes the venv

ROOT = Path(__file__).parents[3]
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [version for version in ("3.12", "3.13", "3.11") if version != OWN]

JOB = """
import platform, sys
from penstock.datastream import StreamExecutionEnvironment
from beside import double

env = StreamExecutionEnvironment.get_execution_environment()
print("main", platform.python_version_tuple()[:2], sys.argv[1:], env.get_parallelism(), flush=True)
if sys.argv[1] == "raise":
    raise KeyError("mine")

def convert(n, mode=sys.argv[1]):
    return n // 0 if mode == "fail" else (double(n), platform.python_version())

numbers = env.from_collection([1, 2]).map(convert)
if sys.argv[1] == "collect":
    print(sorted(numbers.execute_and_collect()))
else:
    numbers.print()
    env.execute("from elsewhere")
"""
DIRECTLY = """
from penstock.common import Configuration
from penstock.datastream import StreamExecutionEnvironment

configuration = Configuration()
configuration.set_string("penstock.rest.addresses", "ADDRESSES")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.from_collection([1]).map(lambda n: n).print()
env.execute()
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def other() -> str:
    """Another minor version that is installed."""
    why = ""
    for version in OTHERS:
        made = subprocess.run([ROOT / "scripts" / "venv-of", version], capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return version
        assert made.returncode == 3, made.stderr
        why += made.stderr
    pytest.skip(f"no other Python is installed: {'; '.join(why.splitlines())}")


@pytest.fixture
def run(other: str) -> Run:
    """Run a command in the other version's venv."""

    def start(program: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PENSTOCK", "PYTEST", "MAKE"))}
        path = ROOT / ".venvs" / other / "bin" / program if program != "make" else "make"
        command = [path, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, env=env, cwd=ROOT, check=False)

    return start


@pytest.fixture
def job(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("def double(n):\n    return 2 * n\n")
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path / "job.py"


def main_line(*arguments: str, parallelism: int = 2) -> str:
    return f"main {tuple(OWN.split('.'))} {list(arguments)} {parallelism}"


def test_run_sends_the_program_and_follows_its_job(cluster: LocalCluster, run: Run, job: Path) -> None:
    done = run("penstock", "run", "-m", cluster.addresses, "-p", 2, job, "ok", "--flag", "a b")
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first == main_line("ok", "--flag", "a b")
    assert last.startswith("Job ") and " FINISHED in " in last


def test_make_submit_does_so_too(cluster: LocalCluster, run: Run, other: str, job: Path) -> None:
    options = (f"VENV=.venvs/{other}", f"M={cluster.addresses}", "P=2", f"JOB={job}")
    done = run("make", "--no-print-directory", "submit", *options, "ARGS=ok --flag 'a b'")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == main_line("ok", "--flag", "a b")
    assert " FINISHED in " in done.stdout.splitlines()[-1]


def test_results_are_of_the_clusters_python(cluster: LocalCluster, run: Run, job: Path) -> None:
    done = run("penstock", "run", "-m", cluster.addresses, job, "collect")
    assert done.returncode == 0, done.stderr
    full = ".".join(map(str, sys.version_info[:3]))
    assert done.stdout.splitlines()[1] == str([(2, full), (4, full)])


def test_an_error_of_main_is_told_with_the_users_line_first(cluster: LocalCluster, run: Run, job: Path) -> None:
    done = run("penstock", "run", "-m", cluster.addresses, "-p", 2, job, "raise")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [main_line("raise")]
    line = JOB.splitlines().index('    raise KeyError("mine")') + 1
    assert done.stderr.splitlines()[:4] == [
        "Traceback (most recent call last):",
        f'  File "{job}", line {line}, in <module>',
        '    raise KeyError("mine")',
        "KeyError: 'mine'",
    ]


def test_an_error_in_a_slot_is_told_with_the_users_line_first(cluster: LocalCluster, run: Run, job: Path) -> None:
    done = run("penstock", "run", "-m", cluster.addresses, "-p", 2, job, "fail")
    assert done.returncode == 1
    assert " FAILED in " in done.stdout.splitlines()[-1]
    told = done.stderr[done.stderr.index("Traceback (most recent call last):") :].splitlines()
    line = next(n for n, text in enumerate(JOB.splitlines(), 1) if "n // 0" in text)
    assert told[1] == f'  File "{job}", line {line}, in convert'
    assert told[2].strip() == JOB.splitlines()[line - 1].strip()


def test_pickled_functions_are_refused_naming_both_versions(
    cluster: LocalCluster, run: Run, other: str, tmp_path: Path
) -> None:
    # a program that submits by itself pickles by its own Python: there is nothing to send instead
    (tmp_path / "directly.py").write_text(DIRECTLY.replace("ADDRESSES", cluster.addresses))
    jobs = len(cluster.get("/jobs")["jobs"])
    done = run("python", tmp_path / "directly.py")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert f"pickled by Python {other}" in last and f"the slots run Python {OWN}" in last
    assert len(cluster.get("/jobs")["jobs"]) == jobs
