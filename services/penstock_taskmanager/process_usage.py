"""What another process of ours uses, from procfs."""

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


def usage_of(pid: int) -> tuple[int, float]:
    """(resident bytes, seconds of CPU). Zeros where the process is gone, or there is no procfs."""
    folder = Path("/proc") / str(pid)
    try:
        resident = int((folder / "statm").read_bytes().split()[1]) * _PAGE
        # The command's name may hold spaces and parentheses: the fields are counted from behind it.
        fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
    except (OSError, IndexError):
        return 0, 0.0
    return resident, (int(fields[11]) + int(fields[12])) / _TICKS
