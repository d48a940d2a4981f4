"""Who this TaskManager is just now: its incarnation, its registration, its heartbeat."""

import os
import platform
import secrets
import time

import structlog

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import TaskManagerLeft, encode
from penstock.coordination.rows import TaskManagerInfo
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.slot_table import Rows, SlotTable

RESOURCE_MANAGER = "resourcemanager"

_log = structlog.get_logger()


class Registrar:
    """Every call may raise a Redis error and may then be made again."""

    def __init__(self, coordination: Coordination, settings: Settings) -> None:
        self._coordination = coordination
        self._settings = settings
        self._beats = 0

    def register(self, incarnation: str) -> SlotTable:
        """Slots, registration, then the event: who reads the event finds the rest. Children must be idle."""
        settings, part = self._settings, self._coordination
        part.slots.reset(settings.taskmanager, incarnation, settings.slots)
        part.taskmanagers.register(self._info(incarnation))
        self._beat(incarnation)
        table = SlotTable(
            taskmanager=settings.taskmanager,
            incarnation=incarnation,
            slots=settings.slots,
            host=settings.host,
            queue=settings.queue,
            grace=settings.release_grace,
        )
        self._tell(encode(table.registration({})))
        _log.info("registered", incarnation=incarnation, slots=settings.slots)
        return table

    def heartbeat(self, table: SlotTable) -> tuple[bool, Rows]:
        """Show life; whether Redis still knows us, and our slot rows."""
        self._beat(table.incarnation)
        registered = self._coordination.taskmanagers.get(self._settings.taskmanager)
        rows = self._coordination.slots.all(self._settings.taskmanager)
        known = table.is_registered(registered.incarnation if registered else None, rows)
        if not known:
            _log.error(
                "registration lost",
                incarnation=table.incarnation,
                registered=registered.incarnation if registered else None,
                registered_by=f"process {registered.pid} on {registered.host}" if registered else None,
            )
        return known, rows

    def leave(self, incarnation: str) -> None:
        """A clean leave. Slots must be idle: the ResourceManager reports them lost."""
        name = self._settings.taskmanager
        self._tell(encode(TaskManagerLeft(taskmanager=name, incarnation=incarnation)))
        self._coordination.taskmanagers.remove(name, incarnation)

    def _beat(self, incarnation: str) -> None:
        self._beats += 1
        # The TTL only collects garbage; liveness is judged by change.
        ttl_ms = round(self._settings.heartbeat_timeout * 1000) * 10
        self._coordination.taskmanagers.beat(self._settings.taskmanager, incarnation, self._beats, ttl_ms)

    def _tell(self, payload: bytes) -> None:
        self._coordination.events.append(self._coordination.keys.events(RESOURCE_MANAGER), payload)

    def _info(self, incarnation: str) -> TaskManagerInfo:
        return TaskManagerInfo(
            taskmanager=self._settings.taskmanager,
            incarnation=incarnation,
            host=self._settings.host,
            pid=os.getpid(),
            slots=self._settings.slots,
            queue=self._settings.queue,
            python_version=platform.python_version(),
            cpu_cores=os.cpu_count() or 1,
            physical_memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            time=time.time_ns() // 1_000_000,
        )


def new_incarnation() -> str:
    """Random: a number could be handed out again by a Redis that came back older."""
    return secrets.token_hex(8)
