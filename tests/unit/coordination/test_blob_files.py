"""Large blobs in the storage directory."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.coordination.blob_files import blob_path, read_blob_file, write_blob_file

DIGEST = "ab" * 32


@pytest.fixture
def shared_umask() -> Iterator[None]:
    """As the services in containers set it."""
    before = os.umask(0o002)
    yield
    os.umask(before)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_blob_file(tmp_path, DIGEST) is None
    assert write_blob_file(tmp_path, DIGEST, b"once") == str(blob_path(DIGEST))
    assert write_blob_file(tmp_path, DIGEST, b"once") == str(blob_path(DIGEST))
    assert read_blob_file(tmp_path, DIGEST) == b"once"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / blob_path(DIGEST)]


def test_services_of_other_users_may_read_it(tmp_path: Path, shared_umask: None) -> None:
    write_blob_file(tmp_path, DIGEST, b"data")
    assert (tmp_path / blob_path(DIGEST)).stat().st_mode & 0o777 == 0o664


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_blob_file(tmp_path, DIGEST, b"data")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
