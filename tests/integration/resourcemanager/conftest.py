"""ResourceManager processes of a test; TaskManagers and JobMasters are played by the test."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penstock.coordination.coordination import Coordination
from tests.integration.taskmanager.conftest import start_worker

__all__ = ["start_worker"]

StartResourceManager = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_resourcemanager(redis_url: str, prefix: str, tmp_path: Path) -> Iterator[StartResourceManager]:
    """`start_resourcemanager("rm1", url=…, **options)`; logs go to `<tmp_path>/<id>.log`."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(id: str, *, url: str = redis_url, **options: str) -> "subprocess.Popen[bytes]":
        settings = {"penstock.redis.url": url, "cluster.id": prefix, "penstock.service.id": id, **options}
        arguments = [argument for key, value in settings.items() for argument in ("-D", f"{key}={value}")]
        with (tmp_path / f"{id}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "penstock_resourcemanager", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait(15)


@pytest.fixture
def coordination(redis_url: str, prefix: str) -> Iterator[Coordination]:
    with Coordination.connect(redis_url, prefix) as part:
        yield part
