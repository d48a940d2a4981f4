"""Flink's own `bin/flink` against a dispatcher process: what it asks, it understands the answers to."""

from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import wait_for

from .conftest import LedJob, StartDispatcher
from .flink_cli import FlinkCli, what_is_missing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def _there() -> None:
    if missing := what_is_missing():
        pytest.skip(missing)


@pytest.fixture
def flink(led_job: LedJob) -> FlinkCli:
    return FlinkCli(led_job.address, led_job.folder)


def saved_at(output: str) -> Path:
    return Path(output.partition("Savepoint completed. Path: ")[2].splitlines()[0].removeprefix("file:"))


def test_list_savepoint_and_disposal(flink: FlinkCli, led_job: LedJob) -> None:
    listed = flink("list", "-a")
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert f" : {led_job.id} : counting (RUNNING)" in listed.stdout
    saved = flink("savepoint", led_job.id, str(led_job.folder / "sp"))
    assert saved.returncode == 0, saved.stdout + saved.stderr
    path = saved_at(saved.stdout)
    assert (path / "_metadata").is_file()
    gone = flink("savepoint", "-d", str(path))
    assert (gone.returncode, path.exists()) == (0, False), gone.stdout + gone.stderr
    assert f"Savepoint '{path}' disposed." in gone.stdout
    again = flink("savepoint", "-d", str(path))
    assert again.returncode == 1
    assert f"{path}: there is no checkpoint or savepoint" in again.stdout + again.stderr


def test_checkpoint_and_a_failure_in_our_words(flink: FlinkCli, led_job: LedJob) -> None:
    done = flink("checkpoint", led_job.id, "-full")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Checkpoint(FULL) 1 for job" in done.stdout
    led_job.master.refusal = "CheckpointException: the disk is full"
    failed = flink("checkpoint", led_job.id)
    assert failed.returncode == 1
    assert "CheckpointException: the disk is full" in failed.stdout + failed.stderr
    refused = flink("savepoint", led_job.id)
    assert refused.returncode == 1
    assert "execution.checkpointing.savepoint-dir] is not set" in refused.stdout + refused.stderr


def test_stop_with_drain(flink: FlinkCli, led_job: LedJob) -> None:
    done = flink("stop", "-p", str(led_job.folder / "sp"), "-d", "-type", "native", led_job.id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (saved_at(done.stdout) / "_metadata").is_file()
    assert f" : {led_job.id} : counting (FINISHED)" in flink("list", "-a").stdout
    again = flink("stop", "-p", "/sp", led_job.id)
    assert again.returncode == 1
    assert f"Job {led_job.id} has ended: it is FINISHED" in again.stdout + again.stderr


def test_cancel(flink: FlinkCli, led_job: LedJob) -> None:
    done = flink("cancel", led_job.id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Cancelled job {led_job.id}." in done.stdout
    # the request is accepted at once, and carried out by the JobMaster
    status = f"/jobs/{led_job.id}/status"
    wait_for(lambda: led_job.dispatcher.get(status).json() == {"status": "CANCELED"}, 30, "the cancellation")


def test_cancel_with_a_savepoint(flink: FlinkCli, led_job: LedJob) -> None:
    done = flink("cancel", "-s", str(led_job.folder / "sp"), led_job.id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert led_job.dispatcher.get(f"/jobs/{led_job.id}/status").json() == {"status": "CANCELED"}
    assert len(list((led_job.folder / "sp").iterdir())) == 1


def test_a_token_by_flinks_own_means(start_dispatcher: StartDispatcher, tmp_path: Path) -> None:
    """As docs/security.md has it: by the environment variable that Flink's client reads headers from."""
    token = "a-token-of-the-tests-0123456789"
    (tmp_path / "token").write_text(token)
    protected = start_dispatcher(**{"penstock.rest.token": f"file:{tmp_path / 'token'}"})
    address = protected.url.removeprefix("http://")
    for folder in ("with", "wrong", "without"):
        (tmp_path / folder).mkdir()
    bearer = "Authorization:Bearer "
    listed = FlinkCli(address, tmp_path / "with", bearer + token)("list", "-a")
    assert listed.returncode == 0 and "No running jobs." in listed.stdout, listed.stdout + listed.stderr
    wrong = FlinkCli(address, tmp_path / "wrong", bearer + token[:-1])("list", "-a")
    assert wrong.returncode == 1 and "has another token than this cluster" in wrong.stdout + wrong.stderr
    without = FlinkCli(address, tmp_path / "without")("list", "-a")
    assert without.returncode == 1 and "the request needs a token" in without.stdout + without.stderr


def test_an_unknown_job(flink: FlinkCli) -> None:
    failed = flink("savepoint", "f" * 32, "/sp")
    assert failed.returncode == 1
    assert f"Job {'f' * 32} not found" in failed.stdout + failed.stderr
