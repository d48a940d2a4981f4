"""Starts one process of a local cluster in the background: a session, a log and a pid file of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.folder import ClusterFolder
from penstock.client.config.sources import CONF_DIR, PROPERTIES

_TAIL = 15  #: lines of a log that are shown


@dataclass(frozen=True, slots=True)
class Launched:
    """A process that was just started."""

    name: str
    service: str
    process: "subprocess.Popen[bytes]"


class Launcher:
    """Starts processes for a folder, and knows which it has started."""

    def __init__(self, folder: ClusterFolder, environment: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`environment`: name of a process -> variables of its own."""
        self._folder = folder
        self._environment = environment or {}
        self.launched: list[Launched] = []

    def start(self, name: str, service: str, command: list[str]) -> None:
        """Start a command. ClusterError: it cannot be run."""
        environment = {key: value for key, value in os.environ.items() if key != PROPERTIES}
        environment[CONF_DIR] = str(self._folder.conf)
        environment |= self._environment.get(name, {})
        with self._folder.log(name).open("ab") as log:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=environment,
                )
            except OSError as error:
                raise ClusterError(f"{name} cannot be started: {error}") from None
        self._folder.record(name, service, process.pid)
        self.launched.append(Launched(name, service, process))

    def start_service(self, name: str, service: str, settings: Mapping[str, object]) -> None:
        """Start `python -m penstock_<service>` under the folder's configuration and these settings."""
        command = [sys.executable, "-m", f"penstock_{service}"]
        for key, value in settings.items():
            command += ["-D", f"{key}={value}"]
        self.start(name, service, command)

    def check(self) -> None:
        """ClusterError with the end of its log for the first process that has ended already."""
        for launched in self.launched:
            status = launched.process.poll()
            if status is not None:
                log = self._folder.log(launched.name)
                lines = log.read_text(errors="replace").splitlines()[-_TAIL:]
                raise ClusterError(
                    f"{launched.name} ended with status {status}; the end of {log}:\n"
                    + "\n".join(f"  {x}" for x in lines)
                )
