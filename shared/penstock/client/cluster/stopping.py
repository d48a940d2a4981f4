"""`penstock cluster stop`: ends the processes that `start` started, and the slots; nothing else."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.folder import ClusterFolder, PidFile
from penstock.client.cluster.process_table import all_processes

_PATIENCE = 10.0  #: seconds a process has to leave cleanly
_ORPHAN_PATIENCE = 0.5  #: seconds its children have after that


def stop(folder: ClusterFolder) -> int:
    """End all of the cluster; how many processes of `start` were alive. ClusterError: there is no cluster here."""
    if folder.load() is None:
        raise ClusterError(f"no cluster was ever started in {folder.path}; name its folder by --dir")
    with folder.lock():
        rows = folder.recorded()
        alive = len(folder.living())
        # Services first: they leave cleanly only while their Redis is there.
        end([row for row in rows if row.service != "redis"])
        end([row for row in rows if row.service == "redis"])
        for row in rows:
            folder.forget(row.name)
        return alive


def end(rows: Iterable[PidFile]) -> None:
    """SIGTERM each process, wait, SIGKILL what is left of it and of its process group (a TaskManager's slots)."""
    wanted = [row for row in rows if row.started]
    for row in wanted:
        if row.entry() is not None:
            _signal(row.pid, signal.SIGTERM)
    _wait(_PATIENCE, lambda: any(row.entry() is not None for row in wanted))
    _wait(_ORPHAN_PATIENCE, lambda: any(_members(row) for row in wanted))
    while left := [pid for row in wanted for pid in _members(row)]:
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.05)


def _wait(seconds: float, going_on: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while going_on() and time.monotonic() < deadline:
        time.sleep(0.05)


def _members(row: PidFile) -> list[int]:
    """The live processes of its group: itself and its children, also when it is gone itself.

    Each process is started as the leader of a session of its own, and a pid is not given out again while a group has
    that number; a leader with another start time is another's group.
    """
    members = [entry for entry in all_processes() if entry.group == row.pid]
    leader = next((entry for entry in members if entry.pid == row.pid), None)
    if leader is not None and leader.started != row.started:
        return []
    return [entry.pid for entry in members]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
