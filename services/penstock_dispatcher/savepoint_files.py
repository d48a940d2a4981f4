"""Savepoints as files: what a dispatcher does to them, which is to remove them."""

from collections.abc import Collection
from typing import Protocol


class NotDisposable(Exception):  # noqa: N818 (an answer, not a defect)
    """It cannot be removed: the text names it and says why."""


class SavepointFiles(Protocol):
    """Checkpoint storage, as far as a dispatcher uses it."""

    def dispose(self, path: str, live_jobs: Collection[str]) -> None:
        """Remove the savepoint whose folder or metadata file this is. NotDisposable: there is none, or it is in use."""
