"""Threads of processes: with their stacks of this one, by name and state of others on the same machine."""

import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from penstock.coordination.rows import ServiceInfo

_STATES = {"R": "RUNNABLE", "S": "WAITING", "D": "BLOCKED", "T": "STOPPED", "Z": "TERMINATED", "I": "WAITING"}


def own_threads() -> dict[str, Any]:
    """`threadInfos` of this process."""
    frames = sys._current_frames()
    threads = [(t.name, t.daemon, frames.get(t.ident or 0)) for t in threading.enumerate()]
    return {
        "threadInfos": [
            {
                "threadName": name,
                "stringifiedThreadInfo": f'"{name}"{" daemon" if daemon else ""}\n'
                + ("".join(traceback.format_stack(frame)) if frame is not None else "  (ended)\n"),
            }
            for name, daemon, frame in threads
        ]
    }


def threads_of(processes: Iterable[ServiceInfo], own_host: str, procfs: Path = Path("/proc")) -> dict[str, Any]:
    """`threadInfos` of other processes. Stacks are theirs alone: `py-spy dump --pid` has them."""
    infos: list[dict[str, str]] = []
    for process in processes:
        label = f"{process.service} {process.id}, pid {process.pid} on {process.host}, {process.state}"
        tasks = _tasks(procfs / str(process.pid) / "task") if process.host == own_host else []
        for thread, name, state in tasks:
            text = f'"{name}" id={thread} {state}\n  {label}\n  its stack: py-spy dump --pid {process.pid}\n'
            infos.append({"threadName": f"{process.id}: {name}", "stringifiedThreadInfo": text})
        if not tasks:
            text = f'"{process.id}"\n  {label}\n  its stack, there: py-spy dump --pid {process.pid}\n'
            infos.append({"threadName": process.id, "stringifiedThreadInfo": text})
    return {"threadInfos": infos}


def _tasks(folder: Path) -> list[tuple[int, str, str]]:
    """(thread id, name, state); none where the process is gone, or there is no procfs."""
    found = []
    try:
        for task in sorted(folder.iterdir(), key=lambda path: int(path.name)):
            name = (task / "comm").read_text().strip()
            # the name may hold parentheses: the state stands behind the last one
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
            found.append((int(task.name), name, _STATES.get(state, state)))
    except (OSError, ValueError, IndexError):
        return []
    return found
