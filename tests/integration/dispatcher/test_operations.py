"""`penstock savepoint | checkpoint | stop | cancel -s | rescale | list` and JobClient against a real dispatcher.

The JobMaster is one that answers without running anything.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.client.job_client import RemoteJobClient
from penstock.client.job_operations import JobOperations, Operation, OperationFailed
from penstock.client.rest_client import RestClient
from penstock.common import JobClient

from .conftest import LedJob, StartDispatcher

pytestmark = pytest.mark.integration


def penstock(job: LedJob, command: str, *args: str) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK")}
    line = [sys.executable, "-m", "penstock", command, "-m", job.address, *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=100, env=env, cwd=job.folder, check=False)


def path_in(output: str) -> Path:
    return Path(output.partition("Path: ")[2].splitlines()[0])


def test_savepoint_and_its_disposal(led_job: LedJob) -> None:
    done = penstock(led_job, "savepoint", led_job.id, "mine")
    assert done.returncode == 0, done.stderr
    path = path_in(done.stdout)
    assert path.parent == led_job.folder / "mine"  # a relative directory is meant from the current folder
    assert path.name.startswith(f"savepoint-{led_job.id[:6]}-")
    assert (path / "_metadata").is_file()
    removed = penstock(led_job, "savepoint", "-d", str(path))
    assert (removed.returncode, removed.stdout) == (0, f"Savepoint {path} disposed.\n")
    assert not path.exists()
    again = penstock(led_job, "savepoint", "--dispose", str(path))
    assert again.returncode == 1
    assert again.stderr.startswith("error: the savepoint was not removed: ") and str(path) in again.stderr


def test_checkpoint_and_the_table_of_them(led_job: LedJob) -> None:
    done = penstock(led_job, "checkpoint", led_job.id, "--full")
    assert (done.returncode, done.stdout) == (0, f"Checkpoint 1 of job {led_job.id} completed.\n")
    led_job.master.refusal = "CheckpointException: a task declined it"
    failed = penstock(led_job, "checkpoint", led_job.id)
    assert failed.returncode == 1
    assert failed.stderr.splitlines() == [
        "error: CheckpointException: a task declined it",
        f"       `penstock checkpoints {led_job.id}` shows what became of it",
    ]
    shown = penstock(led_job, "checkpoints", led_job.id).stdout.splitlines()
    assert shown[0] == "2 triggered: 1 completed, 1 failed, 0 in progress; 0 restored"
    assert shown[1].split()[:4] == ["id", "type", "status", "triggered"]
    assert shown[2].startswith("2   checkpoint  FAILED") and shown[2].endswith("a task declined it")
    assert "2.0 KiB" in shown[3] and shown[3].endswith("/chk-1")
    assert json.loads(penstock(led_job, "checkpoints", led_job.id, "--json").stdout)["counts"]["failed"] == 1


@pytest.mark.parametrize("drain", [[], ["-d"]])
def test_stop(led_job: LedJob, drain: list[str]) -> None:
    done = penstock(led_job, "stop", "-p", str(led_job.folder / "sp"), *drain, led_job.id)
    assert done.returncode == 0, done.stderr
    assert (path_in(done.stdout) / "_metadata").is_file()
    assert done.stdout.splitlines()[-1] == f"Job {led_job.id} FINISHED"
    history = json.loads(penstock(led_job, "checkpoints", led_job.id, "--json").stdout)["history"]
    assert history[0]["checkpoint_type"] == "SYNC_SAVEPOINT"
    refused = penstock(led_job, "stop", "-p", "/s", led_job.id)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0] == f"error: job {led_job.id} has ended: it is FINISHED"


@pytest.mark.parametrize("form", ["-s DIR JOB", "--withSavepoint=DIR JOB", "JOB -s DIR"])
def test_cancel_with_a_savepoint(led_job: LedJob, form: str) -> None:
    args = form.replace("DIR", str(led_job.folder / "sp")).replace("JOB", led_job.id).split()
    done = penstock(led_job, "cancel", *args)
    assert done.returncode == 0, done.stderr
    assert (path_in(done.stdout) / "_metadata").is_file()
    assert done.stdout.splitlines()[-1] == f"Job {led_job.id} CANCELED"


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        ("savepoint JOB", "name one: `penstock savepoint JOB DIR`"),
        ("stop JOB", "name one: `penstock stop -p DIR JOB`"),
        ("cancel -s JOB", "name one: `penstock cancel -s DIR JOB`"),
        ("cancel JOB -s", "name one: `penstock cancel -s DIR JOB`"),
    ],
)
def test_without_a_directory_anywhere(led_job: LedJob, args: str, hint: str) -> None:
    done = penstock(led_job, *args.replace("JOB", led_job.id).split())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "error: there is no directory for savepoints: execution.checkpointing.savepoint-dir is not set",
        f"       {hint.replace('JOB', led_job.id)}",
    ]


def test_rescale(led_job: LedJob) -> None:
    done = penstock(led_job, "rescale", led_job.id, "4")
    assert (done.returncode, done.stdout) == (0, f"Job {led_job.id} goes on at parallelism 4\n")
    assert led_job.dispatcher.get(f"/jobs/{led_job.id}").json()["vertices"][0]["parallelism"] == 4
    refused = penstock(led_job, "rescale", led_job.id, "129")
    assert refused.returncode == 1
    assert refused.stderr == "error: parallelism 129 is above the job's maximum parallelism, 128\n"


@pytest.mark.parametrize(
    "args", ["savepoint JOB /s", "checkpoint JOB", "stop -p /s JOB", "rescale JOB 2", "cancel JOB"]
)
def test_an_unknown_job(led_job: LedJob, args: str) -> None:
    unknown = "f" * 32
    done = penstock(led_job, *args.replace("JOB", unknown).split())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"error: the cluster has no job {unknown}",
        "       `penstock list -a` shows all",
    ]


def test_json_everywhere(led_job: LedJob) -> None:
    saved = json.loads(penstock(led_job, "savepoint", led_job.id, "sp", "--json").stdout)
    assert saved["job"] == led_job.id and Path(saved["path"]).is_dir()
    assert json.loads(penstock(led_job, "checkpoint", led_job.id, "--json").stdout)["checkpoint"] == 2
    (listed,) = json.loads(penstock(led_job, "list", "--json").stdout)
    assert (listed["jid"], listed["state"]) == (led_job.id, "RUNNING")
    stopped = json.loads(penstock(led_job, "stop", "-p", str(led_job.folder), led_job.id, "--json").stdout)
    assert stopped["state"] == "FINISHED" and Path(stopped["path"]).is_dir()
    assert json.loads(penstock(led_job, "list", "--json").stdout) == []
    assert json.loads(penstock(led_job, "list", "-a", "--json").stdout)[0]["state"] == "FINISHED"


def test_detached_tells_the_request(led_job: LedJob) -> None:
    done = json.loads(penstock(led_job, "savepoint", led_job.id, "sp", "--detached", "--json").stdout)
    assert led_job.dispatcher.get(f"/jobs/{led_job.id}/savepoints/{done['request']}").status_code == 200


def test_who_waits_long_is_told_how_it_stands(led_job: LedJob) -> None:
    led_job.master.delay = 3.0
    done = penstock(led_job, "savepoint", led_job.id, "sp")
    assert done.returncode == 0
    assert "savepoint 1: 1 of 4 subtasks have acknowledged, " in done.stderr


def test_job_client_as_pyflink_has_it(led_job: LedJob) -> None:
    client = JobClient(RemoteJobClient(RestClient([led_job.address]), led_job.id))
    first = client.trigger_savepoint(str(led_job.folder / "a")).result()
    assert (Path(first) / "_metadata").is_file()
    led_job.master.refusal = "CheckpointException: not now"
    failed = client.trigger_savepoint(str(led_job.folder / "a")).exception()
    assert isinstance(failed, OperationFailed) and str(failed) == "CheckpointException: not now"
    assert failed.trace.startswith("Traceback: of the JobMaster")
    led_job.master.refusal = None
    last = client.stop_with_savepoint(True, str(led_job.folder / "b")).result()
    assert Path(last).parent == led_job.folder / "b"
    assert client.get_job_status().result().name == "FINISHED"


def test_another_replica_answers_for_what_one_has_taken(led_job: LedJob, start_dispatcher: StartDispatcher) -> None:
    other = start_dispatcher()
    led_job.master.delay = 0.5
    operation = JobOperations(RestClient([led_job.address])).savepoint(led_job.id, str(led_job.folder / "sp"))
    led_job.dispatcher.kill()
    moved = RestClient([other.url])
    path = Operation(moved, f"/v1/jobs/{led_job.id}/savepoints", operation.trigger).wait()["location"]
    assert (Path(path) / "_metadata").is_file()
    disposed = JobOperations(moved).dispose(path)
    disposed.wait()
    assert not Path(path).exists()
