"""Leaders beside a Redis that came back older: the in-memory plane is set back to what it was."""

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from penstock.checkpoint.mirror import read_mirror
from penstock_jobmanager import mirror_check
from penstock_jobmanager.checkpoint_storage import JobStorage
from penstock_jobmanager.mirror_check import MirrorCheck
from penstock_jobmanager.mirrored import Mirrored
from penstock_jobmanager.rollback import MARGIN
from tests.unit.jobmanager.jobs import JOB
from tests.unit.jobmanager.setting import Setting
from tests.unit.jobmanager.test_leader_checkpoints import job, start, storage

ROLE = f"job:{JOB}"


@pytest.fixture
def setting() -> Iterator[Setting]:
    made = Setting(slots=4)
    yield made
    for manager in made.managers:
        manager.effects.close()


_KINDS = ("hashes", "sets", "scores", "streams", "_last_ids", "_strings", "_expiry")


def saved(setting: Setting) -> Callable[[], None]:
    """What the coordination Redis has now; calling the result sets it back to that, with nobody's lease."""
    space: Any = setting.coordination.space
    with space:
        before = {kind: copy.deepcopy(getattr(space, kind)) for kind in _KINDS}

    def set_back() -> None:
        with space:
            for kind in _KINDS:
                setattr(space, kind, copy.deepcopy(before[kind]))
            space.delete(setting.coordination.keys.lease(ROLE))

    return set_back


def test_a_successor_adopts_the_mirrored_checkpoint(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    set_back = saved(setting)
    known = setting.record().counters.pointer or 0
    setting.until(lambda: max(setting.cluster.completed) > known + 2, "newer checkpoints")
    first = setting.managers.pop()
    first.die()
    newest = read_mirror(storage(tmp_path))
    assert newest is not None and newest.checkpoint > known
    set_back()
    deployed = len(setting.cluster.deploys)
    setting.start()
    setting.until(lambda: setting.running() and len(setting.cluster.deploys) > deployed, "everything again")
    restores = {deploy.restore for deploy in setting.cluster.deploys[deployed:]}
    (restore,) = restores
    assert restore is not None and restore.checkpoint == newest.checkpoint
    assert setting.coordination.leases.epoch(ROLE) >= newest.epoch + MARGIN
    setting.until(lambda: max(setting.cluster.completed) > newest.checkpoint + MARGIN, "ids that never were")
    setting.cluster.finish_all()
    setting.until_over("FINISHED")


def test_a_live_leader_notices_by_its_revision(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    space: Any = setting.coordination.space
    with space:
        lease = space.get(setting.coordination.keys.lease(ROLE))
    set_back = saved(setting)
    known = setting.record().counters.pointer or 0
    setting.until(lambda: max(setting.cluster.completed) > known + 2, "newer checkpoints")
    set_back()
    with space:
        space.set(setting.coordination.keys.lease(ROLE), lease)  # Redis came back quickly
    setting.until(lambda: setting.record().counters.next_id > MARGIN and setting.running(), "everything again")
    assert setting.record().job.takeovers == 0
    (failure,) = setting.record().failures.values()
    assert "came back with older data: its revision is" in failure.failure.message
    setting.cluster.finish_all()
    setting.until_over("FINISHED")


def test_an_end_that_redis_forgot_is_the_end(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    set_back = saved(setting)
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    deployed = len(setting.cluster.deploys)
    set_back()
    assert setting.coordination.submissions.tombstone(JOB) is None
    setting.until(lambda: setting.coordination.submissions.tombstone(JOB) is not None, "buried again")
    assert setting.state() == "FINISHED" and len(setting.cluster.deploys) == deployed


def test_a_job_that_redis_knows_as_just_submitted_goes_on(setting: Setting, tmp_path: Path) -> None:
    setting.submit(job(tmp_path))
    set_back = saved(setting)
    first = setting.start()
    setting.until(lambda: 3 in setting.cluster.completed, "three checkpoints")
    first.die()
    setting.managers.remove(first)
    set_back()
    newest = read_mirror(storage(tmp_path))
    deployed = len(setting.cluster.deploys)
    setting.start()
    setting.until(lambda: len(setting.cluster.deploys) > deployed and setting.running(), "everything again")
    restore = setting.cluster.deploys[deployed].restore
    assert restore is not None and newest is not None and restore.checkpoint == newest.checkpoint


class Away:
    """Storage whose mirror cannot be read for a while."""

    failures = 0

    def __init__(self, *of: Any) -> None:
        self._real = JobStorage(*of)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def read_mirrors(self) -> Mirrored:
        if Away.failures:
            Away.failures -= 1
            raise OSError("the storage is away")
        return self._real.read_mirrors()


@pytest.mark.parametrize(("failures", "patience"), [(2, 30.0), (1_000_000, 0.3)])
def test_storage_that_is_away_delays_a_job_and_no_more(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, patience: float
) -> None:
    monkeypatch.setattr(mirror_check, "PATIENCE", patience)
    monkeypatch.setattr(mirror_check, "_AGAIN", 0.01)
    monkeypatch.setattr(Away, "failures", failures)
    setting.storage = Away
    setting.start()
    setting.submit(job(tmp_path))
    setting.until(lambda: 2 in setting.cluster.completed, "led all the same")


def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    never: Future[Mirrored] = Future()
    asked = []

    def read() -> "Future[Mirrored]":
        asked.append(1)
        return never

    check = MirrorCheck(read, 5.0)
    assert check.answer(5.0) is None and check.answer(14.9) is None
    assert check.answer(15.0) == Mirrored() and len(asked) == 1
    assert check.pause(5.1) < check.pause(6.0) == 0.05, "asked often only while it comes at once"
