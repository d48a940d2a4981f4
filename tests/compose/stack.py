"""The stack of compose.yaml, in a copy of the tree: what a stranger has after a clone."""

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from penstock.client.cluster.ports import free_ports

SENTINELS = "redis+sentinel://sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/main/0"
ROOT = Path(__file__).parents[2]
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "data", "node_modules", "*.egg-info")

#: kills what the container's init has started, as a crash would
_CRASH = 'for p in /proc/[0-9]*; do [ "$(cut -d" " -f4 $p/stat)" = 1 ] && kill -9 "${p#/proc/}"; done; true'


class Stack:
    """`docker compose` and `make` in a folder of its own."""

    def __init__(self, folder: Path, *, sentinels: bool = False) -> None:
        self.folder = folder
        self.rest = free_ports(2)
        shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
        shutil.copy2(ROOT / ".dockerignore", folder)
        self.data = folder / "data"
        self._environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": f"penstock-test-{secrets.token_hex(3)}",
            "PENSTOCK_PORT_1": str(self.rest[0]),
            "PENSTOCK_PORT_2": str(self.rest[1]),
        }
        if sentinels:
            # what `make … SENTINEL=1` sets, for the commands that are not make's
            self._environment |= {
                "SENTINEL": "1",
                "COMPOSE_FILE": "compose.yaml:compose.sentinel.yaml",
                "PENSTOCK_REDIS_URL": SENTINELS,
                "PENSTOCK_NET": f"172.30.{random.randrange(1, 255)}",
            }

    def run(self, *command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def submit(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run(*self._submit(*arguments), check=False)

    def start_submit(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._submit(*arguments),
            cwd=self.folder,
            # whatever is killed meanwhile may take a slow machine longer than the client's 10 s to come back
            env={**self._environment, "PENSTOCK_PROPERTIES": "rest.retry.max-attempts: 400"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _submit(self, *arguments: str) -> list[str]:
        # -o: the venv that runs the tests is not to be installed into from here
        return ["make", "-o", f"{sys.prefix}/.stamp", "submit", f"VENV={sys.prefix}", *arguments]

    def containers(self, *services: str) -> list[str]:
        return self.run("docker", "compose", "ps", "-a", "-q", *services).stdout.split()

    def inspect(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("docker", "inspect", container).stdout)[0]
        return found

    def crash(self, container: str) -> None:
        """Kill the service in a container, and wait until the engine has restarted it."""
        before = self.inspect(container)["RestartCount"]
        if self.inspect(container)["HostConfig"].get("Init"):
            self.run("docker", "exec", "--user", "root", container, "sh", "-c", _CRASH, check=False)
        else:
            self.run(
                "docker", "restart", "--time", "0", container
            )  # its process is PID 1: not to be killed from inside
            return
        self.wait(lambda: self.inspect(container)["RestartCount"] > before, f"{container} restarted")

    def wait_healthy(self) -> None:
        self.run("scripts/compose-wait")

    def wait_running(self) -> None:
        """Until a job runs."""
        self.wait(lambda: self.asked("/overview")["jobs-running"] == 1, "a job runs")

    def wait(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, f"not within 60 s: {what}"
            time.sleep(0.2)

    def taskmanagers(self) -> set[str]:
        """Ids of those that are registered; they change when one registers anew after it was given up."""
        return {row["id"] for row in self.asked("/taskmanagers")["taskmanagers"]}

    def checkpoints_completed(self, least: int) -> None:
        """Wait until the job that runs has so many."""

        def completed() -> bool:
            running = [job["jid"] for job in self.asked("/jobs/overview")["jobs"] if job["state"] == "RUNNING"]
            return any(self.asked(f"/jobs/{job}/checkpoints")["counts"]["completed"] >= least for job in running)

        self.wait(completed, f"{least} checkpoints")

    def asked(self, path: str) -> Any:
        """The JSON that the second dispatcher answers."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest[1]}{path}", timeout=20) as answer:
            return str(answer.read().decode())
