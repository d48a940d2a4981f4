"""Leading jobs that take checkpoints into a real folder: files, restarts, savepoints, rescaling, leaders that die."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.mirror import read_mirror
from penstock.checkpoint.storage import CheckpointStorage
from penstock.checkpoint.terminal import read_terminal
from penstock.client.config import Configuration
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CancelRequested,
    CheckpointAcked,
    CheckpointDeclined,
    CheckpointRequested,
    EffectDone,
    RescaleRequested,
    decode,
)
from penstock.graph.job_graph import JobGraph
from penstock_jobmanager import checkpoint_effects
from tests.unit.jobmanager.jobs import FLAT_MAP, JOB, SOURCE, graph
from tests.unit.jobmanager.setting import Setting

OTHER = "f" * 32


@pytest.fixture
def setting() -> Iterator[Setting]:
    made = Setting(slots=3)
    yield made
    for manager in made.managers:
        manager.effects.close()


def job(folder: Path, job: str = JOB, **configuration: str) -> JobGraph:
    keys = {
        "execution.checkpointing.dir": str(folder),
        "execution.checkpointing.interval": "50 ms",
        "execution.checkpointing.savepoint-dir": str(folder / "savepoints"),
        **configuration,
    }
    return replace(graph(2, job), configuration=keys)


def storage(folder: Path, job: str = JOB) -> CheckpointStorage:
    return CheckpointStorage.of(Configuration({"execution.checkpointing.dir": str(folder)}), job)


def checkpoints(folder: Path, job: str = JOB) -> list[str]:
    return sorted(path.parent.name for path in (folder / job).glob("chk-*/_metadata"))


def left(folder: Path) -> list[str]:
    """What a job that is over has left behind, but for the word that it is over."""
    assert read_terminal(storage(folder), time.time_ns() // 1_000_000) is not None
    return sorted(path.name for path in folder.iterdir() if path.name != "terminal")


def start(setting: Setting, tmp_path: Path, **configuration: str) -> None:
    setting.start()
    setting.submit(job(tmp_path, **configuration))
    setting.until(lambda: 3 in setting.cluster.completed, "three checkpoints")


def test_checkpoints_come_and_go_and_nothing_is_left_of_a_finished_job(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    setting.until(lambda: len(checkpoints(tmp_path)) == 1, "only the newest one")
    mirror = read_mirror(storage(tmp_path))
    assert mirror is not None and mirror.epoch == 1 and mirror.checkpoint >= 3
    metadata = storage(tmp_path).read_metadata(mirror.path, mirror.checksum)
    assert [v.id for v in metadata.vertices] == [SOURCE, FLAT_MAP] and metadata.checkpoint == mirror.checkpoint
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert left(tmp_path) == []


def test_a_lost_slot_restarts_the_job_from_its_newest_checkpoint(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    setting.cluster.kill(next(iter(setting.cluster.slots)))
    setting.until(lambda: setting.running() and len(setting.cluster.deploys) == 4, "deployed again")
    restores = {deploy.restore for deploy in setting.cluster.deploys[2:]}
    (restore,) = restores
    assert restore is not None and restore.checkpoint >= 3
    assert Path(restore.path).exists() or setting.record().counters.completed > restore.checkpoint
    assert {e.attempt for e in setting.executions()} == {1}
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert [f.failure.message for f in setting.record().failures.values()] == [
        f"the slot {0} of TaskManager tm-1 was lost: killed by signal 9"
    ]


def test_a_failure_keeps_the_slots(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    before = set(setting.cluster.slots)
    setting.cluster.fail(next(iter(setting.cluster.slots)), Failure(message="ValueError: bad", traceback="mine"))
    setting.until(lambda: setting.running() and len(setting.cluster.deploys) == 4, "deployed again")
    assert set(setting.cluster.slots) == before
    assert setting.record().failures[0].failure.traceback == "mine"
    setting.cluster.tell(JOB, CancelRequested())
    setting.until_over("CANCELED")
    assert left(tmp_path) == []


def test_a_retained_checkpoint_outlives_a_cancelled_job(setting: Setting, tmp_path: Path) -> None:
    start(
        setting,
        tmp_path,
        **{"execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION"},
    )
    setting.cluster.tell(JOB, CancelRequested())
    setting.until_over("CANCELED")
    assert len(checkpoints(tmp_path)) == 1


def test_stop_with_a_savepoint_and_start_from_it(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    setting.cluster.tell(JOB, CheckpointRequested(trigger="t", savepoint=True, stop="suspend"))
    setting.until_over("FINISHED")
    answer = setting.record().triggers["t"]
    assert answer.state == "COMPLETED" and answer.location is not None
    assert (Path(answer.location) / "_metadata").is_file()
    assert left(tmp_path) == ["savepoints"]
    deployed = len(setting.cluster.deploys)
    setting.submit(job(tmp_path, OTHER, **{"execution.state-recovery.path": answer.location}))
    setting.until(lambda: setting.running(OTHER), "started from it")
    restore = setting.cluster.deploys[deployed].restore
    assert restore is not None and restore.path == f"{answer.location}/_metadata"
    setting.cluster.finish_all()
    setting.until(lambda: setting.coordination.submissions.tombstone(OTHER) is not None)
    assert (Path(answer.location) / "_metadata").is_file(), "it stays the user's"


@pytest.mark.parametrize(
    ("path", "reason"), [("missing", "there is no checkpoint or savepoint"), ("empty", "the folder has no _metadata")]
)
def test_a_savepoint_that_is_none_fails_the_job_with_the_reason(
    setting: Setting, tmp_path: Path, path: str, reason: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "something").touch()
    setting.start()
    setting.submit(job(tmp_path, **{"execution.state-recovery.path": str(tmp_path / path)}))
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and reason in root.message and str(tmp_path / path) in root.message
    assert not setting.cluster.deploys


def test_rescaling_goes_on_at_another_graph(setting: Setting, tmp_path: Path) -> None:
    start(setting, tmp_path)
    setting.cluster.tell(JOB, RescaleRequested(trigger="t", parallelism=3))
    setting.until(lambda: len(setting.executions()) == 4 and setting.running(), "four tasks")
    stored = decode(setting.coordination.blobs.get(setting.record().job.graph), JobGraph)
    assert stored.vertex(FLAT_MAP).parallelism == 3
    assert setting.record().triggers["t"].state == "COMPLETED"
    setting.cluster.tell(JOB, RescaleRequested(trigger="u", parallelism=1))
    setting.until(lambda: len(setting.executions()) == 2 and setting.running(), "two tasks")
    setting.until(lambda: setting.cluster.free == 2, "slots were given back")
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert left(tmp_path) == []


def test_a_folder_that_cannot_be_written_fails_the_job_by_name(setting: Setting, tmp_path: Path) -> None:
    (tmp_path / JOB).write_text("in the way")
    setting.start()
    setting.submit(job(tmp_path, **{"restart-strategy.type": "none"}))
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and root.message.startswith("Exceeded checkpoint tolerable failure threshold.")
    assert f"cannot write {tmp_path}/{JOB}/chk-1/_metadata" in root.message


def test_checkpoints_without_a_folder_fail_the_job_and_name_the_key(setting: Setting) -> None:
    setting.start()
    setting.submit(replace(graph(1), configuration={"execution.checkpointing.interval": "1 s"}))
    setting.until_over("FAILED")
    root = setting.record().job.root_failure
    assert root is not None and "execution.checkpointing.dir" in root.message


@pytest.mark.parametrize("turns", range(0, 24, 2))
def test_a_leader_may_die_at_any_point_of_a_checkpoint(setting: Setting, tmp_path: Path, turns: int) -> None:
    first = setting.start()
    setting.submit(job(tmp_path))
    setting.until(lambda: bool(setting.record().checkpoints), "the first one")
    for _ in range(turns):
        first.leader.step()
        setting.cluster.step()
    first.die()
    setting.managers.remove(first)
    setting.start()
    known = setting.record().counters.next_id
    setting.until(lambda: any(n >= known for n in setting.cluster.completed), "a later one")
    assert setting.record().counters.failed == 0 and setting.record().job.generation == 0
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert left(tmp_path) == []


@pytest.mark.parametrize("point", ["after-last-ack", "after-metadata", "after-completed", "after-pointer"])
def test_a_leader_that_dies_at_a_crash_point_is_succeeded_and_nothing_is_told_twice_or_lost(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    reached: list[str] = []

    def reach(here: str) -> None:
        reached.append(here)
        if reached.count(point) == 1 and here == point:
            raise SystemExit  # this thread does nothing more

    monkeypatch.setattr(checkpoint_effects, "reach", reach)
    first = setting.start()
    setting.submit(job(tmp_path))
    setting.until(lambda: point in reached, point)
    first.die()
    setting.managers.remove(first)
    assert 1 not in setting.cluster.completed
    setting.start()
    setting.until(lambda: {1, 2} <= set(setting.cluster.completed), "the same checkpoint, and a later one")
    assert reached.count(point) >= 2
    assert setting.record().counters.failed == 0
    setting.cluster.finish_all()
    setting.until_over("FINISHED")
    assert left(tmp_path) == []


def test_an_effect_that_is_wanted_again_in_the_commit_that_takes_it_out_is_carried_out_again(
    setting: Setting, tmp_path: Path
) -> None:
    manager = setting.start()
    rare = {"execution.checkpointing.interval": "1 h", "execution.checkpointing.tolerable-failed-checkpoints": "9"}
    setting.submit(job(tmp_path, **rare))
    setting.until(setting.running)
    setting.cluster.silent = True
    setting.cluster.tell(JOB, CheckpointRequested(trigger="t", savepoint=False))
    setting.until(lambda: 1 in setting.record().checkpoints)
    failure = Failure(message="disk full")
    setting.cluster.tell(JOB, CheckpointDeclined(checkpoint=1, vertex=SOURCE, subtask=0, attempt=0, failure=failure))
    manager.leader.step()
    # in one batch: its files are gone, and another task comes with its part too late
    setting.cluster.tell(JOB, EffectDone(effect="discard-checkpoint:1"))
    late = CheckpointAcked(checkpoint=1, vertex=FLAT_MAP, subtask=0, attempt=0, state=SubtaskState())
    setting.cluster.tell(JOB, late)
    setting.until(lambda: not setting.record().outbox, "everything was carried out")
