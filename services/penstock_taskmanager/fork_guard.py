"""Keeps the agent's thread from being in the middle of anything when the worker forks a child.

A lock held by another thread at a fork (stdout's, the resolver's) stays locked in the child for good. So the agent
holds this guard whenever it does not just wait, and a fork waits for the guard.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ForkGuard:
    """One a process. `install` registers it with `os.fork`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def install(self) -> None:
        """From now on every fork of this process waits until the guard is free."""
        os.register_at_fork(
            before=self._lock.acquire, after_in_parent=self._lock.release, after_in_child=self._lock.release
        )

    @contextmanager
    def working(self) -> Iterator[None]:
        """No fork happens meanwhile. Not reentrant; not to be held while waiting for the thread that forks."""
        with self._lock:
            yield
