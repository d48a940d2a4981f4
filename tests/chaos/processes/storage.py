"""A folder with little room: a tmpfs of its own, which root may mount. Permissions would not stop a root."""

import os
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

_FILLER = ".filler"


@cache
def can_mount() -> bool:
    """Whether this user may."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    folder = Path(tempfile.mkdtemp(prefix="penstock-mount-"))
    try:
        mount(folder, 1 << 20)
        unmount(folder)
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        folder.rmdir()
    return True


def mount(folder: Path, size: int) -> None:
    """`size`: bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(folder))


def unmount(folder: Path) -> None:
    """What is in it is gone."""
    _run("umount", "-l", str(folder))


def remount(folder: Path, *, writable: bool) -> None:
    _run("mount", "-o", f"remount,{'rw' if writable else 'ro'}", str(folder))


def fill(folder: Path) -> None:
    """To the last byte."""
    with suppress(OSError), (folder / _FILLER).open("wb") as file:
        while True:
            file.write(b"\0" * 65536)
            file.flush()


def empty(folder: Path) -> None:
    """Take the filling out."""
    (folder / _FILLER).unlink(missing_ok=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
