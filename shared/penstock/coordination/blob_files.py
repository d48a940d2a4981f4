"""Large blobs as files: `<storage>/blobs/<first two digits>/<digest>`, complete or not there at all."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def blob_path(digest: str) -> Path:
    """Relative to the storage directory, which services may mount at different places."""
    return Path("blobs", digest[:2], digest)


def write_blob_file(storage: Path, digest: str, data: bytes) -> str:
    """Write, fsync, rename. The path relative to the storage. OSError as the file system gives it."""
    target = storage / blob_path(digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not by mkstemp: only its owner could read it, and services that share the storage may run as several users.
    temporary = target.with_name(f".{digest[:8]}-{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return str(blob_path(digest))


def read_blob_file(storage: Path, digest: str) -> bytes | None:
    """The content, None where there is no file."""
    try:
        return (storage / blob_path(digest)).read_bytes()
    except FileNotFoundError:
        return None


def remove_blob_file(storage: Path, digest: str, is_needed: Callable[[], bool]) -> None:
    """Remove the file, unless its pointer is there again, which is asked once it is out of the way."""
    target = storage / blob_path(digest)
    aside = target.with_name(f".{digest[:8]}-{secrets.token_hex(8)}")
    try:
        target.rename(aside)
    except FileNotFoundError:
        return
    if is_needed() and not target.exists():
        aside.rename(target)
    else:
        aside.unlink()


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
