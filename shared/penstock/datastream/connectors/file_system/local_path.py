"""Paths as programs write them: plain, or `file:` URIs."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit


def local_path(path: str | os.PathLike[str]) -> str:
    """The absolute path, seen from where the program runs. ValueError for the URI of another file system."""
    text = os.fspath(path)
    if not isinstance(text, str) or not text:
        raise ValueError(f"a path is needed, not {path!r}")
    scheme = urlsplit(text).scheme
    if scheme == "file":
        return unquote(urlsplit(text).path)
    if scheme and "://" in text:
        raise ValueError(f"{text}: only local paths and file:// URIs can be read and written, not {scheme}://")
    return str(Path(text).absolute())
