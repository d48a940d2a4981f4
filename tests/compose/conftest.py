"""One stack for all tests over containers."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.client.cluster.ports import is_free

from .stack import Stack

#: a user that neither the image nor this machine knows
STRANGER = 1500


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for command in (("docker", "compose", "version"), ("docker", "version")):
        if not shutil.which("docker") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"no container engine: `{' '.join(command)}` fails")
    assert is_free(8081) and is_free(8082), "ports 8081 and 8082 are taken: stop what uses them"
    made = Stack(tmp_path_factory.mktemp("compose") / "penstock")
    made.run("docker", "compose", "down", "-v")
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
