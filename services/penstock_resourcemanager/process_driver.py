"""Workers as processes of this machine, kept in the folder of a local cluster: pid files, logs, configuration."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from penstock.client.cluster.folder import ClusterFolder, PidFile
from penstock.client.cluster.process_table import all_processes
from penstock.client.config.sources import CONF_DIR, PROPERTIES
from penstock_resourcemanager.provider import DriverError
from penstock_resourcemanager.workers import PREFIX

#: seconds a worker has to leave by itself
_PATIENCE = 10.0


class ProcessDriver:
    """See `provider.WorkerDriver`. What `penstock cluster status` and `stop` find in the folder, these are among."""

    def __init__(self, folder: Path) -> None:
        self._folder = ClusterFolder(folder)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._asked: dict[str, float] = {}

    def running(self) -> Set[str]:
        for worker, process in list(self._children.items()):
            if process.poll() is not None:
                del self._children[worker]
        found = set(self._children)
        for row in self._rows():
            if _members(row):
                found.add(row.name)
            else:
                self._folder.forget(row.name)
                self._asked.pop(row.name, None)
        return found

    def start(self, worker: str) -> None:
        if worker in self.running():
            return
        environment = {key: value for key, value in os.environ.items() if key != PROPERTIES}
        environment.setdefault(CONF_DIR, str(self._folder.conf))
        command = [sys.executable, "-m", "penstock_resourcemanager.worker_process", str(self._folder.path), worker]
        try:
            self._folder.logs.mkdir(parents=True, exist_ok=True)
            with self._folder.log(worker).open("ab") as log:
                self._children[worker] = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=environment,
                )
        except OSError as error:
            raise DriverError(f"{worker} cannot be started: {error}") from error

    def stop(self, worker: str) -> None:
        asked = self._asked.setdefault(worker, time.monotonic())
        by_force = time.monotonic() - asked >= _PATIENCE
        row = next((row for row in self._rows() if row.name == worker), None)
        if row is not None and by_force:
            for pid in _members(row):
                _signal(pid, signal.SIGKILL)
        elif row is not None and row.entry() is not None:
            _signal(row.pid, signal.SIGTERM)
        elif row is None and worker in self._children:
            # it has not written its pid file yet
            self._children[worker].send_signal(signal.SIGKILL if by_force else signal.SIGTERM)

    def _rows(self) -> list[PidFile]:
        try:
            return [row for row in self._folder.recorded() if row.name.startswith(PREFIX)]
        except (OSError, ValueError) as error:
            raise DriverError(f"the pid files in {self._folder.path} cannot be read: {error}") from error


def _members(row: PidFile) -> list[int]:
    """The live processes of its group, its slots among them, also when it is gone itself."""
    members = [entry for entry in all_processes() if entry.group == row.pid]
    leader = next((entry for entry in members if entry.pid == row.pid), None)
    if leader is not None and leader.started != row.started:
        return []
    return [entry.pid for entry in members]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
