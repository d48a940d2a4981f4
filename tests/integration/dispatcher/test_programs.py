"""Programs that a dispatcher runs: real child processes, their jobs, their errors, and their misbehaviour."""

import io
import threading
import zipfile
from typing import Any

import psutil
import pytest

from penstock.client.rest_client import RestClient, RestError

from .conftest import StartDispatcher
from .replicas import DispatcherProcess

pytestmark = pytest.mark.integration

JOB = "8" * 32
WORKS = """
import sys
from penstock.datastream import StreamExecutionEnvironment
from helper import double
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1, 2]).map(double).print()
print("arguments", sys.argv[1:], "parallelism", env.get_parallelism())
env.execute("first")
env.from_collection([3]).map(double).print()
env.execute("second")
"""


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return buffer.getvalue()


def run(dispatcher: DispatcherProcess, name: str, content: bytes, **body: Any) -> dict[str, Any]:
    with RestClient([dispatcher.url]) as rest:
        return rest.run_jar(rest.upload_jar(name, content), body, 60)


def test_main_runs_on_the_dispatcher_and_submits_its_jobs(start_dispatcher: StartDispatcher) -> None:
    dispatcher = start_dispatcher()
    program = zipped(job=WORKS, helper="def double(x): return 2 * x\n")
    body = {"entryClass": "job.py", "programArgsList": ["a b"], "parallelism": 3, "jobId": JOB}
    answer = run(dispatcher, "job.zip", program, **body)
    assert answer["jobid"] == answer["jobids"][0] == JOB
    assert answer["output"].startswith("arguments ['a b'] parallelism 3\n")
    names = {job["jid"]: job["name"] for job in dispatcher.get("/jobs/overview").json()["jobs"]}
    assert [names[job] for job in answer["jobids"]] == ["first", "second"]
    again = run(dispatcher, "job.zip", program, **body)
    assert again["jobids"] == answer["jobids"]
    assert len(dispatcher.get("/jobs").json()["jobs"]) == 2


def test_two_requests_at_once_under_one_id_are_one_job(start_dispatcher: StartDispatcher) -> None:
    dispatcher = start_dispatcher()
    program = zipped(job=WORKS, helper="def double(x): return 2 * x\n")
    with RestClient([dispatcher.url]) as rest:
        jar = rest.upload_jar("job.zip", program)
        answers: list[dict[str, Any]] = []
        body = {"entryClass": "job", "jobId": JOB}
        threads = [threading.Thread(target=lambda: answers.append(rest.run_jar(jar, body, 60))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [a["jobid"] for a in answers] == [JOB, JOB]
    assert len(dispatcher.get("/jobs").json()["jobs"]) == 2


def test_a_module_of_a_package_is_an_entry_too(start_dispatcher: StartDispatcher) -> None:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("pkg/__init__.py", "")
        archive.writestr("pkg/main.py", WORKS.replace("from helper", "from .helper"))
        archive.writestr("pkg/helper.py", "double = str\n")
    program = buffer.getvalue()
    assert len(run(start_dispatcher(), "job.zip", program, entryClass="pkg.main")["jobids"]) == 2


@pytest.mark.parametrize(
    ("text", "status", "first", "second"),
    [
        ("def f():\n    raise KeyError('mine')\nf()\n", 400, "Traceback (most recent call last):", "it had started no"),
        ("x = (\n", 400, '  File "', "it had started no job"),
        ("print('hello')\n", 400, "job.py started no job", "it had started no job"),
        ("import sys\nsys.exit('no data')\n", 400, "main() of job.py exited with 'no data'", "it had started no job"),
        ("import os\nos._exit(7)\n", 500, "the process of job.py ended with status 7", None),
        ("import os\nprint('x', flush=True)\nos.kill(os.getpid(), 9)\n", 500, "the process of ", "its output:\nx\n"),
        ("import time\ntime.sleep(60)\n", 500, "main() of job.py did not end within web.timeout, 3 s", None),
    ],
)
def test_what_goes_wrong_in_main_is_told(
    start_dispatcher: StartDispatcher, text: str, status: int, first: str, second: str | None
) -> None:
    dispatcher = start_dispatcher(**{"web.timeout": "3 s"})
    with pytest.raises(RestError) as raised:
        run(dispatcher, "job.py", text.encode())
    assert raised.value.status == status
    assert raised.value.errors[0].startswith(first)
    if second is not None:
        assert raised.value.errors[1].startswith(second)
    assert dispatcher.get("/health").status_code == 200


def test_neither_much_output_nor_orphans_hold_the_dispatcher_up(start_dispatcher: StartDispatcher) -> None:
    dispatcher = start_dispatcher()
    text = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        "for _ in range(300): print('y' * 10_000)\n"
    )
    with pytest.raises(RestError, match=r"job\.py started no job") as raised:
        run(dispatcher, "job.py", text.encode())
    assert 1 << 20 <= len(raised.value.errors[2]) < (1 << 20) + 100
    assert [p for p in psutil.Process(dispatcher.pid).children(recursive=True) if p.status() != "zombie"] == []


def test_a_bug_of_the_program_leaves_its_earlier_jobs_named(start_dispatcher: StartDispatcher) -> None:
    text = WORKS.replace("from helper import double", "double = str") + "raise RuntimeError('afterwards')\n"
    with pytest.raises(RestError, match="afterwards") as raised:
        run(start_dispatcher(), "job.py", text.encode(), jobId=JOB)
    assert f"jobs it had started: {JOB}" in raised.value.errors[1]
