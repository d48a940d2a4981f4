"""Where TaskManagers come from: the ResourceManager tells its provider what is missing."""

from typing import Protocol

import structlog

_log = structlog.get_logger()


class ResourceProvider(Protocol):
    """One way of running TaskManagers (standalone; later local process, Docker, Kubernetes, YARN)."""

    def declare_missing(self, slots: int) -> None:
        """That many more slots are wanted than are registered and free. Called after every change, 0 included."""


class StandaloneProvider:
    """TaskManagers are started by somebody else: all it can do is to say that some are missing."""

    def __init__(self) -> None:
        self._missing = 0

    def declare_missing(self, slots: int) -> None:
        if slots > self._missing:
            _log.warning(
                "slots are missing; start more TaskManagers or raise taskmanager.numberOfTaskSlots", slots=slots
            )
        self._missing = slots
