"""`DELETE /cluster`: ends the services of a cluster that all run on this machine, this dispatcher last."""

import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from penstock.coordination.rows import ServiceInfo
from penstock_dispatcher.problems import NotImplementedHere

_log = structlog.get_logger()

#: slots end with their TaskManagers
_ENDED = ("resourcemanager", "jobmanager", "taskmanager", "dispatcher")


class Shutdown:
    """`end`: sends SIGTERM to a process. Redis stays, and with it the jobs: a cluster started again goes on."""

    def __init__(
        self,
        end: Callable[[int], None] = lambda pid: os.kill(pid, signal.SIGTERM),
        host: str = "",
        own_pid: int = 0,
        procfs: Path = Path("/proc"),
    ) -> None:
        self._end, self._procfs = end, procfs
        self._host, self._own_pid = host or socket.gethostname(), own_pid or os.getpid()

    def check(self, services: Sequence[ServiceInfo]) -> list[ServiceInfo]:
        """Whom to end. NotImplementedHere names services that run elsewhere: nothing is ended then."""
        wanted = [s for s in services if s.service in _ENDED]
        elsewhere = [f"{s.service} {s.id} on {s.host}" for s in wanted if not self._is_ours(s)]
        if elsewhere:
            raise NotImplementedHere(
                f"this dispatcher can end services of its own machine only, not: {', '.join(elsewhere)[:600]}; "
                "stop the cluster where it was started"
            )
        return sorted(wanted, key=lambda s: (s.pid == self._own_pid, _ENDED.index(s.service)))

    def run(self, services: Sequence[ServiceInfo]) -> None:
        """End them, in that order. One that is gone already is no error."""
        for service in services:
            _log.info("ending a service: the cluster is shut down by REST", service=service.service, id=service.id)
            try:
                self._end(service.pid)
            except ProcessLookupError:
                continue

    def _is_ours(self, service: ServiceInfo) -> bool:
        """It is on this machine, and its pid is really its own: in a container it may be another's."""
        if service.host != self._host:
            return False
        if service.pid == self._own_pid:
            return True
        try:
            command = (self._procfs / str(service.pid) / "cmdline").read_bytes()
        except OSError:
            return False
        return f"penstock_{service.service}".encode() in command
