"""A process's log in the folder that all share (`env.log.dir`), where its output goes elsewhere, as in containers."""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler, WatchedFileHandler
from pathlib import Path

#: bytes of one file; with the one before it that is all that is kept
MOST = 16 * 1024 * 1024


def file_handler(folder: Path, process: str, *, rotates: bool = True) -> logging.Handler | None:
    """Appends to `<process>.log`. None where that is stdout already, as in a local cluster, or cannot be written.

    `rotates`: False for those who write beside the process that does.
    """
    path = folder / f"{process}.log"
    if _is_stdout(path):
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if rotates:
            return RotatingFileHandler(path, maxBytes=MOST, backupCount=1, encoding="utf-8")
        return WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        print(f"env.log.dir: {path} cannot be written, so that nobody can read it by REST: {error}", file=sys.stderr)
        return None


def _is_stdout(path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), path.stat())
    except (OSError, ValueError):
        return False  # there is no such file, or no such output
