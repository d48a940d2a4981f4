"""The machine's processes: from /proc where there is one, else from `ps` (macOS)."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """One process. `started` with the pid tells it from a later process that got the same pid."""

    pid: int
    parent: int
    group: int
    started: str


def find_process(pid: int) -> ProcessEntry | None:
    """The live process of that pid; None where there is none, or only a zombie that nobody has reaped yet."""
    if _HAS_PROC:
        return _from_proc(_PROC / str(pid))
    return next(_from_ps("-p", str(pid)), None)


def all_processes() -> list[ProcessEntry]:
    """Every live process."""
    if _HAS_PROC:
        found = (_from_proc(folder) for folder in _PROC.iterdir() if folder.name.isdecimal())
        return [entry for entry in found if entry is not None]
    return list(_from_ps("-ax"))


def _from_proc(folder: Path) -> ProcessEntry | None:
    try:
        # the name in parentheses may hold anything, parentheses too
        fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZXx":
        return None
    return ProcessEntry(int(folder.name), parent=int(fields[1]), group=int(fields[2]), started=fields[19])


def _from_ps(*which: str) -> Iterator[ProcessEntry]:
    command = ["ps", *which, "-o", "pid=,ppid=,pgid=,stat=,lstart="]
    for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines():
        pid, parent, group, state, *started = line.split()
        if not state.startswith("Z"):
            yield ProcessEntry(int(pid), int(parent), int(group), " ".join(started))
