"""CPU and memory of other processes, from Linux's procfs."""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """`cpu`: seconds, of children it has waited for too; `peak`: bytes, the highest resident set so far."""

    pid: int
    parent: int
    cpu: float
    peak: int


def read_process(pid: int) -> ProcessUse | None:
    """None where it is gone."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        status = (_PROC / str(pid) / "status").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    peak = next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:")), 0)
    return ProcessUse(pid, int(fields[1]), sum(map(int, fields[11:15])) / _TICKS, peak)


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes. `proportional`: pages that several processes share are divided among them."""

    resident: int
    proportional: int


def memory_of(pid: int) -> MemoryUse:
    """As of now. ProcessLookupError or FileNotFoundError where it is gone."""
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    sizes = {name.rstrip(":"): int(number) << 10 for name, number, *_ in map(str.split, lines)}
    return MemoryUse(sizes["Rss"], sizes["Pss"])


def tree(roots: Iterable[int]) -> list[ProcessUse]:
    """The processes of these pids and all that descend from them."""
    every = {int(f.name): use for f in _PROC.iterdir() if f.name.isdecimal() and (use := read_process(int(f.name)))}
    children = defaultdict(list)
    for use in every.values():
        children[use.parent].append(use.pid)
    found: dict[int, ProcessUse] = {}
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid in every and pid not in found:
            found[pid] = every[pid]
            waiting += children[pid]
    return list(found.values())


def cpu_of_tree(roots: Iterable[int]) -> float:
    """Seconds used so far by all of them."""
    return sum(use.cpu for use in tree(roots))
