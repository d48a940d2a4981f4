"""Paths of checkpoint storage as text: local ones absolute, others URLs of fsspec (`s3://bucket/folder`)."""

import posixpath
import re
from pathlib import Path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_FLINK_FILE = re.compile(r"file:/+")


def split(location: str) -> tuple[str, str]:
    """(scheme, path): ("", "/a") of a local one, ("s3", "bucket/a") of a URL."""
    found = _SCHEME.fullmatch(location)
    return (found[1].lower(), found[2]) if found else ("", location)


def normalized(location: str) -> str:
    """One spelling: `file:/a`, `file:///a/`, `a` (relative to the current folder) become absolute paths, URLs lose
    `..` and what ends them. ValueError where it is empty."""
    if not location.strip():
        raise ValueError("a path must not be empty")
    if plain := _FLINK_FILE.match(location):
        location = "/" + location[plain.end() :]
    scheme, path = split(location)
    if scheme:
        inside = posixpath.normpath(path) if path else ""
        return f"{scheme}://{'' if inside == '.' else inside}"
    return posixpath.normpath(Path(path).absolute().as_posix())


def join(folder: str, name: str) -> str:
    """`name` as seen from `folder`; itself where it is absolute or a URL."""
    if name.startswith("/") or split(name)[0] or _FLINK_FILE.match(name):
        return normalized(name)
    return normalized(f"{folder.rstrip('/')}/{name}")


def parent(location: str) -> str:
    """The folder something is in."""
    return normalized(location.rstrip("/").rpartition("/")[0] or "/")


def name(location: str) -> str:
    """The last part."""
    return location.rstrip("/").rpartition("/")[2]


def is_within(location: str, folder: str) -> bool:
    """Whether a normalized location lies below a normalized folder."""
    return location.startswith(folder.rstrip("/") + "/")


def relative(location: str, folder: str) -> str:
    """`location` as seen from `folder` (both normalized), so that both can be moved together."""
    if split(location)[0] != split(folder)[0]:
        return location
    return posixpath.relpath(split(location)[1], split(folder)[1])
