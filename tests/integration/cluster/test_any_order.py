"""Services that are there before their Redis, and that leave before and after it came."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.client.cluster.ports import free_ports
from penstock.client.cluster.readiness import answers
from tests.integration.cluster.local_cluster import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
SERVICES = ("dispatcher", "jobmanager", "resourcemanager", "taskmanager")
JOB = """
from penstock.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1, 2, 3]).map(lambda n: n + 1).print()
env.execute()
"""


class Services:
    """Each `python -m penstock_<service>` under one configuration."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        (self.port,) = free_ports(1)
        settings = {"penstock.redis.url": redis_url, "rest.port": self.port, "taskmanager.numberOfTaskSlots": 2}
        (folder / "config.yaml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def speaks(self, service: str) -> None:
        """Wait until it is past its imports."""
        wait_for(lambda: self.log(service) or None, 30, f"{service} to start")

    def start(self, service: str) -> None:
        (self.folder / f"{service}.log").unlink(missing_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PENSTOCK", "PYTEST"))}
        with (self.folder / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                [sys.executable, "-m", f"penstock_{service}"],
                stdout=log,
                stderr=log,
                env={**environment, "PENSTOCK_CONF_DIR": str(self.folder)},
            )

    def leave(self, service: str) -> int:
        """SIGTERM, and the exit status."""
        process = self.running.pop(service)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{service} does not leave: {self.log(service)}") from None

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text()[-2000:]


@pytest.fixture
def late_redis(start_redis: Any) -> Any:
    """A server that is not there yet; its port is known."""
    server = start_redis(persistent=True)
    server.stop()
    return server


@pytest.fixture
def services(tmp_path: Path, late_redis: Any) -> Iterator[Services]:
    made = Services(tmp_path, late_redis.url)
    yield made
    for process in made.running.values():
        process.kill()
        process.wait()


def test_services_start_before_their_redis_and_leave_cleanly(services: Services, late_redis: Any) -> None:
    for service in SERVICES:
        services.start(service)
    for service in SERVICES:
        services.speaks(service)
    time.sleep(1)
    for service, process in services.running.items():
        assert process.poll() is None, services.log(service)
    for service in SERVICES:
        assert services.leave(service) == 0, f"{service} before Redis: {services.log(service)}"
        services.start(service)
    for service in SERVICES:
        services.speaks(service)
    late_redis.start()
    begun = time.monotonic()
    address = f"127.0.0.1:{services.port}"
    wait_for(lambda: answers(f"http://{address}"), 20, "REST")
    (services.folder / "job.py").write_text(JOB)
    command = [sys.executable, "-m", "penstock", "run", "-m", address, str(services.folder / "job.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=services.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"a job ended {time.monotonic() - begun:.1f} s after Redis came")
    for service in SERVICES:
        begun = time.monotonic()
        assert services.leave(service) == 0, services.log(service)
        print(f"{service} left after {time.monotonic() - begun:.1f} s")
