"""One stack for all tests over containers, and one more with Sentinels."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .stack import Stack

#: a user that neither the image nor this machine knows
STRANGER = 1500


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def stack_with_sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory, sentinels=True) as made:
        yield made


@contextmanager
def running(tmp_path_factory: pytest.TempPathFactory, *, sentinels: bool = False) -> Iterator[Stack]:
    for command in (("docker", "compose", "version"), ("docker", "version")):
        if not shutil.which("docker") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"no container engine: `{' '.join(command)}` fails")
    made = Stack(tmp_path_factory.mktemp("compose") / "penstock", sentinels=sentinels)
    if os.geteuid() == 0:
        made.data.mkdir(mode=0o700)
        os.chown(made.data, STRANGER, STRANGER)
    try:
        made.run("make", "up")
        yield made
    finally:
        made.run("docker", "compose", "down", "-v", "--rmi", "local")


@pytest.fixture
def output(stack: Stack) -> Path:
    """A folder that the TaskManagers see as /data/<name>."""
    return stack.data / f"test-{uuid.uuid4().hex}"
