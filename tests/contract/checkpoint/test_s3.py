"""What only S3 has: buckets, uploads in parts, credentials."""

import uuid
from typing import Any

import fsspec
import pytest
from tests.checkpoints import files_below, storage_at

from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
from penstock.checkpoint.remote_files import s3_options
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration

from .conftest import BUCKET

pytestmark = pytest.mark.contract


@pytest.fixture
def s3(s3_settings: dict[str, str]) -> CheckpointStorage:
    return storage_at(f"s3://{BUCKET}/{uuid.uuid4().hex}", s3_settings)


def uploads_under_way(s3_settings: dict[str, str]) -> list[Any]:
    system = fsspec.filesystem("s3", **s3_options(Configuration(s3_settings)))
    return list(system.list_multipart_uploads(BUCKET))


def test_a_large_file_goes_up_in_parts_and_appears_whole(s3: CheckpointStorage, s3_settings: dict[str, str]) -> None:
    path = s3.checkpoint_directory(1) + "/large"
    file = s3.create(path)
    for _ in range(5):
        file.write(b"x" * (4 << 20))
    assert len(uploads_under_way(s3_settings)) == 1
    assert not s3.exists(path)
    file.commit()
    assert s3.size_of(path) == 20 << 20
    assert s3.read_file(path, 8 << 20, 10) == b"x" * 10
    assert uploads_under_way(s3_settings) == []


def test_a_discarded_upload_leaves_no_parts(s3: CheckpointStorage, s3_settings: dict[str, str]) -> None:
    file = s3.create(s3.checkpoint_directory(1) + "/large")
    for _ in range(5):
        file.write(b"x" * (4 << 20))
    file.discard()
    assert files_below(s3, s3.directory) == set()
    assert uploads_under_way(s3_settings) == []


def test_a_missing_bucket_is_named(s3_settings: dict[str, str]) -> None:
    storage = storage_at("s3://no-such-bucket/a", s3_settings)
    with pytest.raises(CheckpointStorageError, match=r"cannot write s3://no-such-bucket/a/f.*bucket does not exist"):
        storage.write("s3://no-such-bucket/a/f", b"data")
    with pytest.raises(CheckpointUnusable, match="no such file or folder"):
        storage.read_metadata("s3://no-such-bucket/a/chk-1")


def test_s3a_is_s3(s3: CheckpointStorage) -> None:
    s3.write(s3.directory + "/f", b"data")
    assert s3.read_file(s3.directory.replace("s3://", "s3a://") + "/f") == b"data"


def test_a_server_that_is_not_there_is_named(s3_settings: dict[str, str]) -> None:
    storage = storage_at("s3://b/a", {**s3_settings, "s3.endpoint": "http://127.0.0.1:1"})
    with pytest.raises(CheckpointStorageError, match=r"cannot write s3://b/a/f: .*127\.0\.0\.1:1"):
        storage.write("s3://b/a/f", b"data")
