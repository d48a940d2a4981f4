"""Redis with a user for each service, as `conf/redis-users.acl` has them, over TLS alone: a job runs to its end."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from penstock.coordination.keys import Keys
from penstock.coordination.leases import RedisLeases
from tests.certificates import Certificates, make_certificates
from tests.integration.cluster.local_cluster import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ACL = Path(__file__).parents[3] / "conf" / "redis-users.acl"
SERVICES = ("dispatcher", "jobmanager", "resourcemanager", "taskmanager")
JOB = """
import time
from penstock.common import Types
from penstock.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.enable_checkpointing(300)
def slowly(n):
    time.sleep(0.002)
    return (n % 5, n)
pairs = env.from_collection(list(range(1000))).map(slowly, output_type=Types.TUPLE([Types.INT(), Types.INT()]))
sums = pairs.rebalance().key_by(lambda p: p[0], key_type=Types.INT()).reduce(lambda a, b: (a[0], a[1] + b[1]))
last = {}
with sums.execute_and_collect() as records:
    for key, value in records:
        last[key] = value
assert last == {k: sum(range(k, 1000, 5)) for k in range(5)}, last
print("sums are right")
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Guarded:
    """A redis-server with the users of the file and one for the test; `processes` die with it."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.folder, self.certificates, self.port = folder, certificates, _free_port()
        self.passwords = {name: secrets.token_hex(16) for name in (*SERVICES, "test")}
        text = ACL.read_text()
        for name in SERVICES:
            text = text.replace(f"CHANGE-ME-{name}", self.passwords[name])
        assert "CHANGE-ME-" not in text
        lines = [line for line in text.splitlines() if line.startswith("user ")]
        lines.append(f"user test on >{self.passwords['test']} allkeys allcommands")
        (folder / "users.acl").write_text("\n".join(lines) + "\n")
        command = ["redis-server", "--port", "0", "--tls-port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--tls-cert-file", certificates.certificate, "--tls-key-file", certificates.key]
        command += ["--tls-ca-cert-file", certificates.authority, "--tls-auth-clients", "no"]
        command += ["--aclfile", str(folder / "users.acl"), "--save", "", "--dir", str(folder)]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start("redis", command, {})
        try:
            wait_for(self._answers, 20, "Redis answers")
        except BaseException:
            self.close()
            raise AssertionError(self.log("redis")[-2000:]) from None

    @property
    def client(self) -> Any:
        return redis.Redis(
            port=self.port, ssl=True, ssl_ca_certs=self.certificates.authority, username="test",
            password=self.passwords["test"], decode_responses=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environment}
            )

    def service(self, name: str, **changes: str) -> None:
        (self.folder / f"{name}.password").write_text(self.passwords[name])
        (self.folder / "secret").write_text("the secret of the cluster")
        settings = {
            "penstock.redis.url": f"rediss://127.0.0.1:{self.port}/0",
            "penstock.exchange.urls": f"rediss://127.0.0.1:{self.port}/0",
            "penstock.redis.username": name,
            "penstock.redis.password": f"file:{self.folder / f'{name}.password'}",
            "penstock.redis.ssl.ca-file": self.certificates.authority,
            "penstock.secret": f"file:{self.folder / 'secret'}",
            "penstock.storage.dir": str(self.folder / "storage"),
            "rest.bind-port": "0",
            "taskmanager.numberOfTaskSlots": "2",
            **changes,
        }
        properties = "\n".join(f"{key}: {value}" for key, value in settings.items())
        self._start(name, [sys.executable, "-m", f"penstock_{name}"], {"PENSTOCK_PROPERTIES": properties})

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def rest(self) -> str:
        def found() -> str | None:
            line = next((x for x in self.log("dispatcher").splitlines() if "dispatcher is up" in x), "")
            return line.partition('"address":"')[2].partition('"')[0] or None

        return wait_for(found, 30, f"the dispatcher is up: {self.log('dispatcher')[-2000:]}")

    def denied(self) -> list[str]:
        with self.client as client:
            return [
                f"{row['username']} {row['reason']} {row['object']} ({row['context']})" for row in client.acl_log(128)
            ]

    def close(self) -> None:
        for name in reversed(list(self.processes)):
            self.processes[name].terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    made = Guarded(tmp_path, make_certificates(tmp_path))
    yield made
    made.close()


def test_a_job_runs_with_what_the_users_may_do(guarded: Guarded, tmp_path: Path) -> None:
    for name in SERVICES:
        guarded.service(name)
    address = guarded.rest()
    try:
        wait_for(
            lambda: httpx.get(f"{address}/overview", trust_env=False).json().get("slots-total") == 2, 40, "two slots"
        )
    except AssertionError:
        pytest.fail(f"{guarded.denied()}\n{[guarded.log(name)[-1500:] for name in SERVICES]}")
    script = tmp_path / "job.py"
    script.write_text(JOB)
    command = [sys.executable, "-m", "penstock", "run", "-p", "2", "-m", address, str(script)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment, cwd=tmp_path)
    assert done.returncode == 0 and "sums are right" in done.stdout, f"{done.stderr}\n{guarded.denied()}"
    for path in ("/jobs/overview", "/taskmanagers", "/metrics", "/penstock/views/overview"):
        assert httpx.get(address + path, trust_env=False, timeout=20).status_code == 200, path
    time.sleep(2)
    assert guarded.denied() == []
    for name in SERVICES:
        guarded.processes[name].terminate()
        assert guarded.processes[name].wait(20) == 0, guarded.log(name)[-1500:]
        assert guarded.passwords[name] not in guarded.log(name)
    assert guarded.denied() == []


def test_what_the_users_may_and_may_not_do(guarded: Guarded) -> None:
    def as_user(name: str) -> Any:
        return redis.Redis(
            port=guarded.port, ssl=True, ssl_ca_certs=guarded.certificates.authority, username=name,
            password=guarded.passwords[name],
        )  # fmt: skip

    for name in SERVICES:
        with as_user(name) as client:
            assert client.ping()
            for refused in (
                lambda c: c.flushall(),
                lambda c: c.config_get("*"),
                lambda c: c.keys("*"),
                lambda c: c.execute_command("ACL", "LIST"),
                lambda c: c.get("another:key"),
                lambda c: c.monitor().__enter__(),
            ):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    refused(client)
    for name in ("jobmanager", "resourcemanager"):
        with as_user(name) as client:
            leases = RedisLeases(client, Keys("penstock"))
            role = "job:j" if name == "jobmanager" else name
            assert leases.acquire(role, "n", 60_000) and leases.held([role])[role].nonce == "n", "as one who stands by"
            assert leases.holders() == set()
    with as_user("taskmanager") as client:
        for key in ("penstock:job:j:rows", "penstock:resourcemanager:rows", "penstock:jars"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.hset(key, "a", "b")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.set("penstock:blob:x", "forged")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.xadd("penstock:job:j:slot:a:commands", {"m": "forged"})
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=guarded.port, ssl=True, ssl_ca_certs=guarded.certificates.authority).ping()


def test_a_server_that_is_not_the_authoritys_is_not_spoken_to(guarded: Guarded) -> None:
    guarded.service("resourcemanager", **{"penstock.redis.ssl.ca-file": guarded.certificates.stranger})
    wait_for(lambda: "certificate verify failed" in guarded.log("resourcemanager").lower(), 30, "it says so")
