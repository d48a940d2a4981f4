"""Processes of a local cluster: which live, which are ours, how they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.client.cluster import process_table
from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.folder import ClusterFolder
from penstock.client.cluster.process_table import all_processes, find_process
from penstock.client.cluster.settings import ClusterSettings
from penstock.client.cluster.stopping import end, stop

#: a leader that ignores SIGTERM, with a child; prints the child's pid
STUBBORN = (
    "import os, signal, time\nchild = os.fork()\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "if child: print(child, flush=True)\ntime.sleep(600)"
)


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFolder:
    made = ClusterFolder(tmp_path / "cluster")
    with made.lock():
        made.save(ClusterSettings(configuration={"rest.port": "1"}))
    return made


@pytest.fixture
def leader() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, time\nchild = os.fork()\nif child: print(child, flush=True)\ntime.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        if any(entry.group == process.pid for entry in all_processes()):
            os.killpg(process.pid, signal.SIGKILL)


def child_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_a_process_is_found_with_its_parent_and_group() -> None:
    own = find_process(os.getpid())
    assert own is not None
    assert (own.parent, own.group) == (os.getppid(), os.getpgrp())
    assert own in all_processes()


def test_ps_and_proc_tell_the_same() -> None:
    [by_ps] = process_table._from_ps("-p", str(os.getpid()))
    by_proc = find_process(os.getpid())
    assert by_proc is not None
    assert (by_ps.pid, by_ps.parent, by_ps.group) == (by_proc.pid, by_proc.parent, by_proc.group)


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        deadline = time.monotonic() + 20
        while find_process(process.pid) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert process.poll() == 0


def test_another_process_with_the_same_pid_is_not_ours(folder: ClusterFolder) -> None:
    folder.record("jobmanager-1", "jobmanager", os.getpid())
    [row] = folder.recorded()
    assert row.entry() is not None and list(folder.living()) == ["jobmanager-1"]
    other = type(row)(name=row.name, service=row.service, pid=row.pid, started="0")
    assert other.entry() is None
    end([other])  # would end this very process


def test_end_takes_the_children_along(folder: ClusterFolder, leader: "subprocess.Popen[str]") -> None:
    child = child_of(leader)
    folder.record("taskmanager-1", "taskmanager", leader.pid)
    end(folder.recorded())
    assert find_process(child) is None
    assert leader.wait() == -signal.SIGTERM


def test_children_whose_leader_was_killed_are_ended_too(folder: ClusterFolder, leader: "subprocess.Popen[str]") -> None:
    child = child_of(leader)
    folder.record("taskmanager-1", "taskmanager", leader.pid)
    leader.kill()
    leader.wait()
    assert find_process(child) is not None and folder.living() == {}
    assert stop(folder) == 0
    assert find_process(child) is None


def test_what_ignores_sigterm_is_killed(folder: ClusterFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.client.cluster.stopping._PATIENCE", 0.2)
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        child = child_of(process)
        folder.record("taskmanager-1", "taskmanager", process.pid)
        assert stop(folder) == 1
        assert process.wait() == -signal.SIGKILL
        assert find_process(child) is None
        assert folder.recorded() == []


def test_settings_and_configuration_are_kept(folder: ClusterFolder) -> None:
    kept = folder.load()
    assert kept is not None and kept.configuration == {"rest.port": "1"}
    assert "rest.port: '1'" in (folder.conf / "config.yaml").read_text()


def test_two_commands_at_once(folder: ClusterFolder) -> None:
    with folder.lock(), pytest.raises(ClusterError, match="another `penstock cluster` command"), folder.lock():
        pass


def test_a_broken_settings_file_is_named(folder: ClusterFolder) -> None:
    (folder.path / "cluster.json").write_text("{")
    with pytest.raises(ClusterError, match=r"cluster\.json cannot be read"):
        folder.load()
