"""Logs of processes that have ended are bounded; those of live ones, and files that are no logs of ours, stay."""

import os
from pathlib import Path

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


def test_a_dispatcher_removes_them(tmp_path: Path) -> None:
    old = ["jobmanager-1.log", "jobmanager-2.log", "jobmanager-2.log.1", "jobmanager-3.log", "notes.txt"]
    for age, name in enumerate(old, 1):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "jobmanager-4.log").write_text("just now")
    twin = MemoryCoordination()
    configuration = Configuration({"env.log.dir": str(tmp_path), "env.log.max": "2"})
    Tidying(twin, ClusterReader(twin), MemoryJarStore(), configuration).sweep_logs()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jobmanager-1.log", "jobmanager-4.log", "notes.txt"]
    Tidying(twin, ClusterReader(twin), MemoryJarStore(), Configuration({})).sweep_logs()
