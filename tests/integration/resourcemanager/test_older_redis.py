"""The coordination Redis comes back with what it knew some leaders ago: no epoch is given out again."""

import shutil
from pathlib import Path

import pytest

from penstock.coordination.coordination import Coordination
from tests.conftest import RedisServer, StartRedis
from tests.integration.resourcemanager.conftest import StartResourceManager
from tests.integration.resourcemanager.test_resourcemanager import (
    ROLE,
    offers,
    register_silent,
    request,
    state_of,
    submit,
)
from tests.integration.taskmanager.harness import eventually

pytestmark = pytest.mark.integration


def roll_back(server: RedisServer, copy: Path) -> None:
    """It starts with older files."""
    server.stop(kill=True)
    for old in server.folder.glob("appendonly*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(copy, server.folder, dirs_exist_ok=True)
    server.start()


@pytest.mark.parametrize("mirrored", [True, False])
def test_epochs_rise_over_a_redis_that_comes_back_older(
    start_redis: StartRedis,
    prefix: str,
    start_resourcemanager: StartResourceManager,
    tmp_path: Path,
    mirrored: bool,
) -> None:
    server = start_redis(persistent=True)
    storage = {"execution.checkpointing.dir": str(tmp_path / "checkpoints")} if mirrored else {}
    with Coordination.connect(server.url, prefix) as part:
        first = start_resourcemanager("rm0", url=server.url, **storage)
        eventually(lambda: state_of(part, "rm0") == "LEADING", "rm0 leads")
        submit(part, "job")
        register_silent(part, "tm", 1)
        request(part, "job", 1)
        eventually(lambda: offers(part, "tm"), "an offer")
        first.kill()
        first.wait(15)
        shutil.copytree(server.folder, tmp_path / "older", ignore=shutil.ignore_patterns("log"))
        for n in (1, 2):  # leaders that Redis will know nothing of
            leader = start_resourcemanager(f"rm{n}", url=server.url, **storage)
            eventually(lambda n=n: state_of(part, f"rm{n}") == "LEADING", f"rm{n} leads")  # type: ignore[misc]
            leader.kill()
            leader.wait(15)
        newest = part.leases.epoch(ROLE)
    roll_back(server, tmp_path / "older")
    with Coordination.connect(server.url, prefix) as part:
        assert part.leases.epoch(ROLE) == newest - 2
        start_resourcemanager("rm3", url=server.url, **storage)
        eventually(lambda: state_of(part, "rm3") == "LEADING", "rm3 leads")
        assert (part.leases.epoch(ROLE) > newest) == mirrored, "without a mirror the epoch is one that was given out"
        register_silent(part, "other", 1)
        request(part, "job", 2)
        assert {offer.epoch for offer in eventually(lambda: offers(part, "other"), "an offer")} == {
            part.leases.epoch(ROLE)
        }
    assert ("came back older" in (tmp_path / "rm3.log").read_text()) == mirrored


def test_a_leader_under_which_redis_comes_back_older(
    start_redis: StartRedis, prefix: str, start_resourcemanager: StartResourceManager, tmp_path: Path
) -> None:
    server = start_redis(persistent=True)
    # a lease that outlives the restart: nothing but the revision tells
    options = {"penstock.lease.ttl": "60 s", "execution.checkpointing.dir": str(tmp_path / "checkpoints")}
    start_resourcemanager("rm0", url=server.url, **options)
    with Coordination.connect(server.url, prefix) as part:
        eventually(lambda: state_of(part, "rm0") == "LEADING", "rm0 leads")
        submit(part, "job")
        request(part, "job", 1)
        eventually(lambda: "job:job" in part.store.load(ROLE).rows, "the demand is committed")
        server.stop(kill=True)
        shutil.copytree(server.folder, tmp_path / "older", ignore=shutil.ignore_patterns("log"))
        server.start()
        for n in range(3):
            submit(part, f"job{n}")
            request(part, f"job{n}", 1)
            eventually(lambda n=n: f"job:job{n}" in part.store.load(ROLE).rows, "committed")  # type: ignore[misc]
        epoch = part.leases.epoch(ROLE)
    roll_back(server, tmp_path / "older")
    with Coordination.connect(server.url, prefix) as part:
        register_silent(part, "tm", 1)
        offered = eventually(lambda: offers(part, "tm"), "it leads on, from the older rows")
        assert {offer.job for offer in offered} == {"job"}
        assert part.leases.epoch(ROLE) == epoch + 100
    assert "the ledger's revision is" in (tmp_path / "rm0.log").read_text()
