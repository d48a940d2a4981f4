"""Logs of processes that have ended are bounded; those of live ones, and files that are no logs of ours, stay."""

import os
from pathlib import Path

import pytest

from penstock.client.config import Configuration
from penstock.coordination.memory import MemoryCoordination
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.jar_store import MemoryJarStore
from penstock_dispatcher.logs.log_folder import LogFile
from penstock_dispatcher.tidying.old_logs import QUIET, superfluous
from penstock_dispatcher.tidying.tidying import Tidying

NOW = 100 * QUIET


def log(name: str, age: int) -> LogFile:
    return LogFile(name, 1, NOW - age)


def test_the_oldest_of_each_kind_go() -> None:
    files = [log(f"{kind}-{n}.log", QUIET * (n + 2)) for kind in ("jobmanager", "taskmanager") for n in range(4)]
    assert superfluous(files, (), 3, NOW) == ["jobmanager-3.log", "taskmanager-3.log"]
    assert superfluous(files, (), 4, NOW) == []
    assert len(superfluous(files, (), 0, NOW)) == 8


def test_live_ones_stay_and_do_not_count() -> None:
    files = [log(f"jobmanager-{n}.log", QUIET * (n + 2)) for n in range(4)]
    assert superfluous(files, {"jobmanager-3", "jobmanager-0"}, 1, NOW) == ["jobmanager-2.log"]


def test_what_was_rotated_away_goes_with_its_own_and_not_before() -> None:
    files = [log("taskmanager-a.log", QUIET * 2), log("taskmanager-a.log.1", QUIET * 9), log("taskmanager-b.log", 0)]
    assert superfluous(files, (), 2, NOW) == []
    assert superfluous(files, (), 1, NOW) == ["taskmanager-a.log", "taskmanager-a.log.1"]


def test_who_has_just_written_stays() -> None:
    assert superfluous([log("dispatcher-a.log", QUIET // 2)], (), 0, NOW) == []


def test_names_of_hosts_may_have_dots() -> None:
    files = [log(f"taskmanager-a.log.example-{n}.log", QUIET * (n + 2)) for n in range(2)]
    assert superfluous(files, {"taskmanager-a.log.example-1"}, 0, NOW) == ["taskmanager-a.log.example-0.log"]


class Sweeper:
    """A dispatcher's tidying of `folder`; `now`: ms since the epoch."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.twin, self.now = MemoryCoordination(), NOW
        configuration = Configuration({"env.log.max": "2", **settings})
        jars = MemoryJarStore()
        self.tidying = Tidying(self.twin, ClusterReader(self.twin), jars, configuration, clock=lambda: self.now)

    def sweep(self, later: int) -> None:
        self.now += later
        self.tidying.sweep_logs()


def made_logs(folder: Path) -> None:
    old = [f"jobmanager-{part}" for part in ("1.log", "2.log", "2.log.1", "3.log")] + ["worker-1.log", "notes.txt"]
    for age, name in enumerate(old, 1):
        (folder / name).write_text("x")
        os.utime(folder / name, (1000 - age, 1000 - age))
    (folder / "jobmanager-4.log").write_text("just now")
    os.utime(folder / "jobmanager-4.log", ((NOW + QUIET) / 1000, (NOW + QUIET) / 1000))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_dispatcher_removes_them_when_it_has_looked_for_long_enough(tmp_path: Path) -> None:
    made_logs(tmp_path)
    everything = left_in(tmp_path)
    sweeper = Sweeper(tmp_path, **{"env.log.dir": str(tmp_path)})
    sweeper.sweep(0)
    sweeper.sweep(QUIET - 1)
    assert left_in(tmp_path) == everything, "a Redis that came back empty knows of nobody"
    sweeper.sweep(1)
    assert left_in(tmp_path) == ["jobmanager-1.log", "jobmanager-4.log", "notes.txt", "worker-1.log"]
    Sweeper(tmp_path).sweep(2 * QUIET)


def test_what_may_not_be_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(path: Path) -> None:
        raise PermissionError(f"read-only: {path}")

    made_logs(tmp_path)
    everything = left_in(tmp_path)
    monkeypatch.setattr(Path, "unlink", read_only)
    Sweeper(tmp_path, **{"env.log.dir": str(tmp_path)}).sweep(QUIET)
    assert left_in(tmp_path) == everything
