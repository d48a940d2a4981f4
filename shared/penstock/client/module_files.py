"""Which files a program's own modules are: all Python beside it, or, in a crowded folder, what it imports."""

import ast
import contextlib
import os
from pathlib import Path

from penstock.client import safe_zip
from penstock.client.program_error import PackagingError

#: a folder with more Python than this is not the job's own (a home, /tmp): then only what is imported travels
MAX_FILES = 500
MAX_FOLDER = 8 << 20
_MAX_ARCHIVE = 64 << 20
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "venv", "env"})
_SKIPPED_SUFFIXES = (".pyc", ".pyo", ".so", ".pyd")


class _CrowdedError(Exception):
    """The folder holds more than a job's own modules."""


def module_files(script: Path, folder: Path) -> dict[str, Path | bytes]:
    """Archive name -> file, of everything in `folder` that the script may import; a script in it is not among them."""
    files = imported_files(script, folder)
    with contextlib.suppress(_CrowdedError):  # then what is imported has to do
        files.update(_beside(folder))
    if script.parent == folder:
        files.pop(script.name, None)
    return dict(files)


def _beside(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    size = 0
    for entry in sorted(folder.iterdir()):
        found: dict[str, Path] = {}
        if entry.is_dir() and (entry / "__init__.py").is_file() and not _skipped(entry):
            found = package_files(entry, MAX_FILES - len(files))
        elif entry.suffix == ".py" and not entry.name.startswith(".") and entry.is_file():
            found = {entry.name: entry}
        size += sum(f.stat().st_size for f in found.values())
        files.update(found)
        if len(files) > MAX_FILES or size > MAX_FOLDER:
            raise _CrowdedError
    return files


def package_files(folder: Path, limit: int | None = None) -> dict[str, Path]:
    """Every file of a package but caches and binaries, named from its parent."""
    files: dict[str, Path] = {}
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not _skipped(Path(root, f)))
        for name in sorted(names):
            path = Path(root, name)
            if not name.endswith(_SKIPPED_SUFFIXES) and not name.startswith(".") and path.is_file():
                files[path.relative_to(folder.parent).as_posix()] = path
        if limit is not None and len(files) > limit:
            raise _CrowdedError
    return files


def _skipped(folder: Path) -> bool:
    return folder.name in _SKIPPED or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists()


def imported_files(script: Path, folder: Path) -> dict[str, Path]:
    """The modules and whole packages in `folder` that the script imports, directly or not, wherever in the code."""
    files: dict[str, Path] = {}
    waiting, seen = [script], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imports(path):
            module, package = folder / f"{name}.py", folder / name
            if package.is_dir() and not _skipped(package) and any(package.rglob("*.py")):
                found = package_files(package)
            elif module.is_file():
                found = {module.name: module}
            else:
                continue
            files.update(found)
            waiting += [f for f in found.values() if f.suffix == ".py"]
    return files


def _imports(path: Path) -> set[str]:
    """The top-level names a file imports absolutely; none where it does not parse (Python will say so better)."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def folder_files(folder: Path) -> dict[str, Path]:
    """Every file below a folder of `python.files`, named from the folder itself."""
    return {name.partition("/")[2]: path for name, path in package_files(folder).items()}


def archive_files(path: Path) -> dict[str, bytes]:
    """The files in an archive of `python.files`."""
    try:
        return safe_zip.read(path.read_bytes(), _MAX_ARCHIVE)
    except safe_zip.BadArchive as error:
        raise PackagingError(f"python file {path}: {error}") from None
