"""The end of all slot processes, as the TaskManager leaves."""

import select
import signal
import time

from penstock_taskmanager.child_watch import ChildWatch

#: seconds between SIGTERM, which unwinds a task, and SIGKILL
_GRACE = 1.0


def stop_children(children: ChildWatch) -> None:
    """Returns once all are dead; they stay watched. No child may be forked meanwhile."""
    for signum, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, 5.0)):
        for pid in children.pids:
            children.kill(pid, signum)
        if _all_dead(children, patience):
            return
    raise RuntimeError(f"slot processes survive SIGKILL: {children.pids}")


def _all_dead(children: ChildWatch, patience: float) -> bool:
    deadline = time.monotonic() + patience
    waiting = set(children.descriptors())
    while waiting:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        poller = select.poll()
        for descriptor in waiting:
            poller.register(descriptor, select.POLLIN)
        waiting -= {descriptor for descriptor, _ in poller.poll(left * 1000)}
    return True
