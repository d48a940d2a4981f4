"""Paths on the command line that the cluster is to open."""

import re
from pathlib import Path

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


def absolute(path: str | None) -> str | None:
    """A URL stays as it is; a relative path is meant from the current folder, where no service was started."""
    return path if path is None or _URL.match(path) else str(Path(path).absolute())
