"""`python.archives`: zips that are unpacked where the job's functions run, and found there by relative paths."""

import shutil
import tempfile
import weakref
from pathlib import Path

from penstock.client.module_files import archive_files
from penstock.client.program_error import PackagingError

#: the folder of a job's package that holds them, each in a folder of its own: the functions' working directory
FOLDER = "penstock-archives"


def archive_entry(path: Path, target: str | None) -> str:
    """As `python.archives` has it: `path#target`. ValueError for a target that is no plain name."""
    if target is not None and (not target or target in (".", "..") or any(c in target for c in "/\\#,")):
        raise ValueError(f"the target of an archive is the name of a folder, not {target!r}")
    return str(path) if target is None else f"{path}#{target}"


def packaged(archives: str | None) -> dict[str, bytes]:
    """Name in the package -> content, of all archives. PackagingError names one that is missing or no zip."""
    files: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in (archives or "").split(","))):
        name, _, target = entry.partition("#")
        path = Path(name)
        if not path.is_file():
            raise PackagingError(f"python archive {name} does not exist")
        for member, content in archive_files(path).items():
            files[f"{FOLDER}/{target or path.name}/{member}"] = content
    return files


class UnpackedArchives:
    """The archives of a job in this process, as long as this object lives."""

    def __init__(self, archives: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="penstock-archives-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        for name, content in packaged(archives).items():
            path = Path(self._folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    @property
    def working_directory(self) -> Path:
        """Where relative paths begin while the job runs."""
        return Path(self._folder, FOLDER)
