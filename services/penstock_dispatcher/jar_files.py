"""Uploaded programs as files: what is accepted, which file of it runs, and how it is laid out for a run."""

from pathlib import Path, PurePosixPath

from penstock.client import safe_zip
from penstock_dispatcher.problems import BadRequest

ARCHIVES = (".zip", ".whl")
#: bytes that an archive may unpack to
MAX_UNPACKED = 256 << 20


def accepted_name(filename: str | None) -> str:
    """The plain file name of an upload, whatever path a client sent with it."""
    name = PurePosixPath((filename or "").replace("\\", "/")).name
    if not name or name in (".", "..") or len(name) > 200 or not name.isprintable():
        raise BadRequest(f"the upload's file name {(filename or '')[:80]!r} cannot be used; name it like job.py")
    if PurePosixPath(name).suffix.lower() not in (".py", *ARCHIVES):
        raise BadRequest(f"{name} is none of .py, .zip, .whl: only Python programs can be run here")
    return name


def checked_entry(name: str, content: bytes) -> str | None:
    """The file of a program that runs by default, None where a request has to name it. BadRequest: a bad archive."""
    if not name.lower().endswith(ARCHIVES):
        return name
    try:
        members = safe_zip.check(content, MAX_UNPACKED)
    except safe_zip.BadArchive as error:
        raise BadRequest(f"{name}: {error}") from None
    scripts = [m.filename for m in members if m.filename.endswith(".py") and "/" not in m.filename]
    if "__main__.py" in scripts:
        return "__main__.py"
    return scripts[0] if len(scripts) == 1 else None


def lay_out(name: str, content: bytes, folder: Path) -> None:
    """Write the program below an existing empty folder."""
    if name.lower().endswith(ARCHIVES):
        try:
            safe_zip.extract(content, folder, MAX_UNPACKED)
        except safe_zip.BadArchive as error:
            raise BadRequest(f"{name}: {error}") from None
    else:
        (folder / name).write_bytes(content)


def entry_file(folder: Path, wanted: str | None, default: str | None) -> tuple[str, bool]:
    """(file below `folder`, whether it runs as a module) for an entry-class: a file name or a dotted module."""
    name = wanted or default
    if name is None:
        raise BadRequest("the program has several files; name the one to run, or a module, as entry-class")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise BadRequest(f"entry-class {name[:80]!r} is not a file or module of the program")
    if (folder / path).is_file():
        return path.as_posix(), "/" in path.as_posix()
    if all(part.isidentifier() for part in name.split(".")):
        module = name.replace(".", "/")
        for candidate in (f"{module}.py", f"{module}/__main__.py"):
            if (folder / candidate).is_file():
                return candidate, True
    raise BadRequest(f"the program has no file or module {name[:200]!r} to run (entry-class)")
