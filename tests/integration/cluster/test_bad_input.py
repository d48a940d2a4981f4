"""Bad jobs: each with a clear error and exit status, and the cluster works on afterwards."""

import textwrap
from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = pytest.mark.integration

HEAD = """
from penstock.common import Types
from penstock.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
"""


def script(folder: Path, body: str, name: str = "job.py") -> Path:
    path = folder / name
    path.write_text(HEAD + textwrap.dedent(body))
    return path


def healthy(cluster: LocalCluster, folder: Path) -> None:
    good = script(folder, "env.from_collection([1, 2]).map(lambda n: n + 1).print()\nenv.execute()", "good.py")
    assert "FINISHED" in cluster.run(good).stdout.splitlines()[-1]


def test_a_syntax_error_names_file_and_line(cluster: LocalCluster, tmp_path: Path) -> None:
    bad = script(tmp_path, "x = = 1")
    done = cluster.run(bad, check=False)
    assert done.returncode != 0
    assert "SyntaxError" in done.stderr and "job.py" in done.stderr
    healthy(cluster, tmp_path)


def test_a_job_without_execute(cluster: LocalCluster, tmp_path: Path) -> None:
    done = cluster.run(script(tmp_path, "env.from_collection([1]).print()"), check=False)
    assert done.returncode != 0
    assert "execute" in done.stderr


def test_a_function_that_cannot_be_pickled_is_named(cluster: LocalCluster, tmp_path: Path) -> None:
    bad = script(
        tmp_path,
        """
        import threading
        lock = threading.Lock()
        def guarded(n):
            with lock:
                return n
        env.from_collection([1]).map(guarded).name("locked map").print()
        env.execute()
        """,
    )
    done = cluster.run(bad, check=False)
    assert done.returncode != 0
    assert "guarded" in done.stderr and "lock" in done.stderr


def test_an_exception_in_user_code_shows_the_users_line_first(cluster: LocalCluster, tmp_path: Path) -> None:
    bad = script(
        tmp_path,
        """
        def parse(text):
            return int(text)  # the user's line
        env.from_collection(["1", "two"]).map(parse).print()
        env.execute()
        """,
    )
    done = cluster.run(bad, check=False)
    assert done.returncode != 0
    assert "invalid literal for int() with base 10: 'two'" in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip().startswith("File ")]
    assert "job.py" in lines[0] and "parse" in lines[0], done.stderr
    healthy(cluster, tmp_path)


def test_a_missing_input_file_is_named(cluster: LocalCluster, tmp_path: Path) -> None:
    word_count = Path(__file__).parents[3] / "examples" / "word_count.py"
    done = cluster.run(word_count, "--input", str(tmp_path / "nowhere.txt"), check=False)
    assert done.returncode != 0
    assert "nowhere.txt" in done.stderr


def test_too_few_slots_waits_says_so_and_times_out(cluster: LocalCluster, tmp_path: Path) -> None:
    wide = script(
        tmp_path, "env.set_parallelism(64)\nenv.from_collection([1]).rebalance().map(str).print()\nenv.execute()"
    )
    done = cluster.run(wide, options=("-D", "slot.request.timeout=3 s"), check=False)
    assert done.returncode != 0
    assert "waiting for" in done.stdout + done.stderr and "of 64 slots" in done.stdout + done.stderr
    assert "NoResourceAvailableException" in done.stderr
    healthy(cluster, tmp_path)


def test_nobody_at_the_address(cluster: LocalCluster, tmp_path: Path) -> None:
    good = script(tmp_path, "env.from_collection([1]).print()\nenv.execute()")
    done = cluster.cli("run", "-m", "127.0.0.1:9", "-D", "rest.retry.max-attempts=1", str(good), check=False)
    assert done.returncode != 0
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_jobs_at_once(cluster: LocalCluster, tmp_path: Path) -> None:
    body = "env.set_parallelism(2)\nenv.from_collection(list(range(1000))).rebalance().map(str).print()\nenv.execute()"
    jobs = [cluster.submit(script(tmp_path, body, f"job{i}.py")) for i in range(3)]
    assert len(set(jobs)) == 3
    for job in jobs:
        cluster.wait_state(job, "FINISHED")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/penstock/jobs", b"not json", 400),
        ("POST", "/penstock/jobs", b'{"job_id": 1}', 400),
        ("GET", "/jobs/xyz", None, 400),
        ("GET", "/jobs/" + "0" * 32, None, 404),
        ("PATCH", "/jobs/" + "0" * 32 + "?mode=cancel", None, 404),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_rest_refuses_in_flinks_form(
    cluster: LocalCluster, method: str, path: str, body: bytes | None, status: int
) -> None:
    got, answer = cluster.request(method, path, body, {"Content-Type": "application/json"})
    assert got == status
    assert answer["errors"]
