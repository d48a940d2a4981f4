"""Which process has the other end of a loopback connection (Linux)."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def owner_of(port: int, pids: Iterable[int]) -> int | None:
    """Which of the processes has a TCP socket bound to the local port; None: none of them."""
    inode = _inode(port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for pid in pids:
        with suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    if str(descriptor.readlink()) == wanted:
                        return pid
    return None


def _inode(port: int) -> str | None:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        address, _, local = fields[1].partition(":")
        if int(local, 16) == port and address.endswith("7F"):
            return fields[9]
    return None
