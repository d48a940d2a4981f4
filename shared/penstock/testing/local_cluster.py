"""A cluster of local processes for tests: started in a folder, asked, hurt, and stopped with everything it started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from penstock.client.cluster.folder import ClusterFolder
from penstock.client.cluster.launch import Launcher
from penstock.client.cluster.process_table import ProcessEntry, all_processes, find_process
from penstock.client.cluster.redis_binary import find_redis
from penstock.client.cluster.redis_process import COORDINATION, EXCHANGE, redis_command
from penstock.client.cluster.secrets import password_of
from penstock.client.cluster.settings import ClusterSettings, Requested
from penstock.client.cluster.starting import settings_of, start
from penstock.client.cluster.status import ClusterStatus, ProcessStatus, status
from penstock.client.cluster.stopping import end, stop
from penstock.client.config.sources import CONF_DIR, PROPERTIES

T = TypeVar("T")


class LocalCluster:
    """Two TaskManagers of two slots and two of every other service, unless told otherwise, on any free ports.

    Processes have names: `jobmanager-1`, `taskmanager-2`, `redis`, `redis-exchange`. KeyError: no such one lives.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        taskmanagers: int = 2,
        slots: int = 2,
        jobmanagers: int = 2,
        resourcemanagers: int = 2,
        dispatchers: int = 2,
        configuration: Mapping[str, str] | None = None,
        environment: Mapping[str, Mapping[str, str]] | None = None,
        members: Mapping[str, Mapping[str, str]] | None = None,
        patience: float = 120.0,
    ) -> None:
        """Start it; returns once all slots are there. `folder`: its own, kept. `slots`: of a TaskManager.

        `environment`: name of a process -> variables of its own; `members`: of a service -> configuration of its own.
        `patience`: seconds that starting may take.
        ClusterError: it does not come up, and why.
        """
        self.folder = ClusterFolder(Path(folder))
        self._requested = Requested(
            taskmanagers=taskmanagers,
            slots=slots,
            jobmanagers=jobmanagers,
            resourcemanagers=resourcemanagers,
            dispatchers=dispatchers,
            rest_port=0,
            configuration=dict(configuration or {}),
            members={name: dict(settings) for name, settings in (members or {}).items()},
        )
        self._patience = patience
        self._launcher = Launcher(self.folder, environment)
        #: every child of this process, to be waited for
        self._children: list[subprocess.Popen[bytes]] = []
        self.settings = ClusterSettings()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start what is missing; return once all slots are registered and every dispatcher answers."""
        self._reap()
        try:
            self.settings = start(self.folder, self._requested, self._patience, launcher=self._launcher)
        finally:
            self._children += [launched.process for launched in self._launcher.launched]

    def start_one(self, name: str) -> None:
        """Start a process of that name again, a Redis with the data it has; do not wait for it."""
        self._reap()
        dead = [row for row in self.folder.recorded() if row.name == name and row.entry() is None]
        end(dead)  # slots that outlived a killed TaskManager would be taken for the new one's
        self._launcher.launched.clear()
        if name in (COORDINATION, EXCHANGE):
            url = self.settings.redis if name == COORDINATION else self.settings.exchange[0]
            port = int(url.rpartition(":")[2].partition("/")[0])
            command = redis_command(find_redis(), name, port, self.folder.data / name, password_of(url))
            self._launcher.start(name, "redis", command)
        else:
            self._launcher.start_service(name, name.partition("-")[0], settings_of(name, self.settings))
        self._children += [launched.process for launched in self._launcher.launched]

    def close(self) -> None:
        """End all processes of the cluster; its folder stays."""
        if self.folder.load() is not None:
            stop(self.folder)
        for child in self._children:
            child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # -- looking -----------------------------------------------------------------------------------------------------

    @property
    def addresses(self) -> str:
        """REST, as `penstock run -m` takes it."""
        return ",".join(url.removeprefix("http://") for url in self.settings.rest)

    def status(self) -> ClusterStatus:
        """The live processes and what they are at."""
        return status(self.folder)

    def processes(self, service: str) -> list[ProcessStatus]:
        """Live ones: `jobmanager`, `taskmanager`, `slot` and so on."""
        return [process for process in self.status().processes if process.service == service]

    def pid(self, name: str) -> int:
        """Of a live process; of a slot process the name that `processes("slot")` gives it."""
        if "/" in name:
            return int(name.rpartition("/")[2])
        return self.folder.living()[name].pid

    def leader(self, role: str) -> str | None:
        """Who leads `resourcemanager` or `job:<id>` as the newest announcement says; None: nobody yet."""
        kind, _, job = role.partition(":")
        for process in self.status().processes:
            leads = process.service == "jobmanager" and job in process.jobs if job else process.state == "LEADING"
            if leads and (job or process.service == kind):
                return process.id
        return None

    def log(self, name: str) -> Path:
        """The log of a process; it goes on where one of the same name died."""
        return self.folder.log(name)

    # -- hurting -----------------------------------------------------------------------------------------------------

    def kill(self, name: str, *, whole: bool = False) -> None:
        """SIGKILL, and wait until it is gone. `whole`: at once with all processes under it, as a machine dies."""
        pid = self.pid(name)
        victims = [*descendants(pid), pid] if whole else [pid]
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        self._wait_gone(pid, f"{name} to be gone")

    def terminate(self, name: str, seconds: float = 30.0) -> None:
        """SIGTERM, and wait until it has left."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGTERM)
        self._wait_gone(pid, f"{name} to leave", seconds)

    def pause(self, name: str) -> None:
        """SIGSTOP with all processes under it (slots, lease renewer)."""
        pid = self.pid(name)
        for victim in (pid, *descendants(pid)):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT."""
        pid = self.pid(name)
        for victim in (*descendants(pid), pid):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGCONT)

    # -- running -----------------------------------------------------------------------------------------------------

    def run(
        self,
        program: Path | str,
        *arguments: str,
        parallelism: int | None = None,
        options: Sequence[str] = (),
        timeout: float = 300.0,
    ) -> "subprocess.CompletedProcess[str]":
        """`penstock run -m … OPTIONS PROGRAM ARGUMENTS` to its end.

        AssertionError with all that the client said: a job did not end FINISHED, or not within `timeout` seconds.
        """
        command = [sys.executable, "-m", "penstock", "run", "-m", self.addresses]
        command += ["-p", str(parallelism)] if parallelism else []
        command += [*options, str(program), *arguments]
        environment = {key: value for key, value in os.environ.items() if key not in (PROPERTIES, CONF_DIR)}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, env=environment, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            said = b"".join(part for part in (error.stdout, error.stderr) if isinstance(part, bytes))
            raise AssertionError(f"{program} goes on after {timeout:g} s: {said.decode(errors='replace')}") from None
        assert done.returncode == 0, f"{program}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def _reap(self) -> None:
        self._children = [child for child in self._children if child.poll() is None]

    def _wait_gone(self, pid: int, what: str, seconds: float = 20.0) -> None:
        wait_until(lambda: find_process(pid) is None, seconds, what)
        self._reap()


def descendants(pid: int, processes: Iterable[ProcessEntry] | None = None) -> list[int]:
    """Live processes under it, whatever their group. `processes`: all of the machine, where they are known."""
    children: dict[int, list[int]] = {}
    for entry in all_processes() if processes is None else processes:
        children.setdefault(entry.parent, []).append(entry.pid)
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def wait_until(condition: Callable[[], T | None], seconds: float, what: str, *, every: float = 0.05) -> T:
    """The first truthy result. AssertionError names `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(every)
    return found
