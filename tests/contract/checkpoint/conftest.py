"""The same storage on every kind of file system: local, in memory, and a real S3 server of our own."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checkpoints import storage_at

from penstock.checkpoint.remote_files import s3_options
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration

BUCKET = "checkpoints"


@pytest.fixture(scope="session")
def s3_settings() -> Iterator[dict[str, str]]:
    """Keys that lead to an S3 server on a random port, with one bucket."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("s3fs", reason="no s3fs: pip install s3fs")
        pytest.importorskip("moto.server", reason="no moto: pip install 'moto[server]'")
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "s3.access-key": "test",
        "s3.secret-key": "testing",
        "s3.endpoint": f"http://{host}:{port}",
        "s3.path.style.access": "true",
    }
    fsspec.filesystem("s3", **s3_options(Configuration(settings))).mkdir(BUCKET)
    yield settings
    server.stop()


@pytest.fixture(params=["local", "file-url", "memory", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> CheckpointStorage:
    name = uuid.uuid4().hex[:12]
    match request.param:
        case "local":
            return storage_at(str(tmp_path / "checkpoints"))
        case "file-url":
            return storage_at(f"file://{tmp_path}/checkpoints")
        case "memory":
            return storage_at(f"memory://{name}/checkpoints")
    return storage_at(f"s3://{BUCKET}/{name}", request.getfixturevalue("s3_settings"))
