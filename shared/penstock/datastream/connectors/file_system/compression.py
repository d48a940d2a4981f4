"""Files that are read through a decompressor, by the end of their name. Source: Flink's `StandardDeCompressors`."""

import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import IO, Any

_UNSUPPORTED = {".zst": "Zstandard"}


class CompressedFileError(OSError):
    """A compressed file that cannot be read: damaged, or of a format there is no decompressor for."""


def _gzip(path: str) -> Any:
    import gzip

    return gzip.open(path, "rb")


def _bz2(path: str) -> Any:
    import bz2

    return bz2.open(path, "rb")


def _xz(path: str) -> Any:
    import lzma

    return lzma.open(path, "rb")


def _deflate(path: str) -> Any:
    import io
    from pathlib import Path

    return io.BytesIO(zlib.decompress(Path(path).read_bytes()))


_OPENERS: dict[str, Callable[[str], Any]] = {
    ".gz": _gzip,
    ".gzip": _gzip,
    ".bz2": _bz2,
    ".xz": _xz,
    ".deflate": _deflate,
}


def is_compressed(path: str) -> bool:
    """Whether the file is to be decompressed. CompressedFileError, naming it, where that is not possible."""
    suffix = PurePath(path).suffix.lower()
    if suffix in _UNSUPPORTED:
        raise CompressedFileError(f"{path}: {_UNSUPPORTED[suffix]} files cannot be read; decompress it before")
    return suffix in _OPENERS


def open_file(path: str) -> IO[bytes]:
    """The file's content, decompressed where its name says so."""
    opener = _OPENERS.get(PurePath(path).suffix.lower())
    if opener is None:
        return open(path, "rb")  # noqa: PTH123 (the caller closes it)
    opened: IO[bytes] = opener(path)
    return opened
