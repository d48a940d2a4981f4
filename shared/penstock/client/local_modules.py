"""`python.files` of a job that runs in this process: importable as in a slot, whereto they travel as a package."""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from penstock.client.program_error import PackagingError


def make_importable(python_files: Iterable[str]) -> None:
    """Put folders and archives on `sys.path`, and the folders of modules. PackagingError names a missing file."""
    entries: list[str] = []
    for name in python_files:
        path = Path(name).resolve()
        if not path.exists():
            raise PackagingError(f"python file {name} does not exist")
        entries.append(str(path.parent if path.suffix == ".py" else path))
    # behind the script's own folder: as in a slot, its modules come first
    sys.path[1:1] = [entry for entry in dict.fromkeys(entries) if entry not in sys.path]
    importlib.invalidate_caches()
