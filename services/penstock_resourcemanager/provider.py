"""Where TaskManagers come from.

`penstock.resourcemanager.provider` names one of two ways: *standalone*, where somebody else starts them, or a
`WorkerDriver`, through which the ResourceManager starts and ends them itself. A driver knows nothing of slots or jobs;
which workers there are to be is decided by `workers.Workers` and committed before anything is done. To run TaskManagers
in another way (Docker, Kubernetes, YARN) is to write these three methods.
"""

from collections.abc import Set
from typing import Protocol

import structlog

_log = structlog.get_logger()


class WorkerDriver(Protocol):
    """A worker is one TaskManager that was given its id (`taskmanager.resource-id`) from here; ids are never reused.

    Every call returns soon, may be repeated, and may come from a successor on another machine: what is running must be
    found by its id alone (a label, a name, a file that all replicas see), not in this process's memory. A call that
    fails raises `DriverError`; it is made again.
    """

    def running(self) -> Set[str]:
        """All workers of this cluster that exist, registered or not, whoever started them."""

    def start(self, worker: str) -> None:
        """Begin to start it. It has to be among the running ones from the moment that it can register."""

    def stop(self, worker: str) -> None:
        """Begin to end it: politely at first (SIGTERM), by force when it is asked again 10 s later. No error where it
        is gone."""


class DriverError(Exception):
    """What could not be done, and why."""


class Missing:
    """Standalone: all that can be done about missing slots is to say so."""

    def __init__(self) -> None:
        self._missing = 0

    def declare(self, slots: int) -> None:
        """That many more slots are wanted than are registered and free. Called after every change, 0 included."""
        if slots > self._missing:
            _log.warning(
                "slots are missing; start more TaskManagers or raise taskmanager.numberOfTaskSlots", slots=slots
            )
        self._missing = slots
