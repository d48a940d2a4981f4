"""The slot processes as the parent sees them: known from the fork on, seen to die by the kernel, not by polling."""

import os
import selectors
import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Watched:
    descriptor: int
    is_pidfd: bool


class ChildWatch:
    """Owned by the agent's thread. Exits show up as readable descriptors in `selector`, with `EXITED` as data."""

    EXITED = "exited"

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._watched: dict[int, _Watched] = {}

    @property
    def pids(self) -> list[int]:
        """Of the living."""
        return sorted(self._watched)

    def add(self, pid: int, sentinel: int) -> None:
        """Watch a child. `sentinel`: a descriptor of ours, readable once it is dead, for systems without pidfds."""
        pidfd = _pidfd(pid)
        if pidfd is not None:
            os.close(sentinel)
        watched = _Watched(sentinel if pidfd is None else pidfd, pidfd is not None)
        self._watched[pid] = watched
        self._selector.register(watched.descriptor, selectors.EVENT_READ, (self.EXITED, pid))

    def remove(self, pid: int) -> None:
        """It is dead."""
        descriptor = self._watched.pop(pid).descriptor
        self._selector.unregister(descriptor)
        os.close(descriptor)

    def kill(self, pid: int, signum: int) -> bool:
        """Send a signal, to a process of ours only. False: it is gone."""
        watched = self._watched.get(pid)
        if watched is None:
            return False
        try:
            if watched.is_pidfd:
                # By number it might reach whoever got the number since the worker reaped our child.
                signal.pidfd_send_signal(watched.descriptor, signum)
            else:
                os.kill(pid, signum)
        except ProcessLookupError:
            return False
        return True

    def descriptors(self) -> list[int]:
        """To be closed in a forked child."""
        return [watched.descriptor for watched in self._watched.values()]


def _pidfd(pid: int) -> int | None:
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        return int(opener(pid))
    except OSError:
        # Reaped already, or a kernel without pidfds: the sentinel serves for both.
        return None
