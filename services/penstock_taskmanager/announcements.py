"""Rows of the TaskManager and of each slot process in the registry."""

import os
from collections.abc import Iterable

import msgspec

from penstock.coordination.parts import Registry
from penstock.coordination.rows import ServiceInfo
from penstock.security.refusals import refusals
from penstock.service.cpu_loads import CpuLoads
from penstock_taskmanager.process_usage import usage_of
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.slot_table import Rows


class Announcements:
    """Repeated every second by the agent; every call may raise a Redis error."""

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        self._settings = settings
        self._loads = CpuLoads()

    def announce(self, rows: Rows, pids: Iterable[int], refused: int = 0) -> None:
        """All rows anew. `refused`: Celery deliveries so far. A slot process is ACTIVE while its slot row names it."""
        busy = {row.pid: row.job for row in rows.values() if row.state == "ACTIVE"}
        self._registry.announce(
            msgspec.structs.replace(
                self._info("taskmanager", self._settings.taskmanager, os.getpid(), os.getppid()),
                refused=refused,
                unsealed=refusals.counts(),
            )
        )
        for pid in pids:
            state, jobs = ("ACTIVE", (busy[pid],)) if pid in busy else ("FREE", ())
            self._registry.announce(self._info("slot", self._slot_id(pid), pid, os.getpid(), state, jobs))

    def forget_slot(self, pid: int) -> None:
        """Its process is gone."""
        self._loads.forget(pid)
        self._registry.forget("slot", self._slot_id(pid))

    def forget(self) -> None:
        """A clean leave."""
        self._registry.forget("taskmanager", self._settings.taskmanager)

    def _slot_id(self, pid: int) -> str:
        return f"{self._settings.taskmanager}/{pid}"

    def _info(
        self,
        service: str,
        id: str,
        pid: int,
        parent: int,
        state: str = "RUNNING",
        jobs: tuple[str, ...] = (),
    ) -> ServiceInfo:
        memory, cpu = usage_of(pid)
        return ServiceInfo(
            service=service,
            id=id,
            pid=pid,
            host=self._settings.host,
            time=0,
            state=state,
            jobs=jobs,
            parent=parent,
            memory=memory,
            cpu=cpu,
            load=self._loads.of(pid, cpu),
        )
