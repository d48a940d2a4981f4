"""A Penstock cluster of local processes, started and asked through the command line as a user would."""

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class LocalCluster:
    """`penstock cluster start` in a folder of its own, on any free port."""

    def __init__(self, folder: Path, *options: str, slots: int = 2, environment: dict[str, str] | None = None) -> None:
        self.folder, self.slots = folder, slots
        self._environment = environment or {}
        self.options = [
            "--dir",
            str(folder),
            "--taskmanagers",
            "2",
            "--slots",
            str(slots),
            "--rest-port",
            "0",
            *options,
        ]
        self.start()

    def start(self) -> None:
        self.cli("cluster", "start", *self.options)
        self.rest: list[str] = self.status()["rest"]

    def stop(self) -> None:
        self.cli("cluster", "stop", "--dir", str(self.folder))

    def cli(
        self, *args: str, check: bool = True, timeout: float = 100, **kwargs: Any
    ) -> "subprocess.CompletedProcess[str]":
        """Run `penstock ARGS`, in a clean environment."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PENSTOCK", "PYTEST"))} | self._environment
        command = [sys.executable, "-m", "penstock", *args]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, env=env, cwd=self.folder.parent, **kwargs
        )
        assert not check or done.returncode == 0, f"{args} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def run(
        self, script: Path | str, *args: str, options: tuple[str, ...] = (), check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """`penstock run -m … script`."""
        return self.cli("run", "-m", self.addresses, *options, str(script), *args, check=check)

    def submit(self, script: Path | str, *args: str, options: tuple[str, ...] = ()) -> str:
        """Run detached; the job's id."""
        self.run(script, *args, options=("-d", *options))
        newest = max(self.get("/jobs/overview")["jobs"], key=lambda job: job["start-time"])
        return str(newest["jid"])

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.cli("cluster", "status", "--dir", str(self.folder), "--json").stdout)
        return found

    def processes(self, service: str) -> list[dict[str, Any]]:
        return [p for p in self.status()["processes"] if p["service"] == service]

    @property
    def addresses(self) -> str:
        return ",".join(url.removeprefix("http://").rstrip("/") for url in self.rest)

    def get(self, path: str) -> Any:
        return self.request("GET", path)[1]

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """The status and the decoded JSON body, from the first dispatcher that answers."""
        unreachable: Exception | None = None
        for address in self.rest:
            request = urllib.request.Request(
                address.rstrip("/") + path, data=body, method=method, headers=headers or {}
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return answer.status, json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.loads(error.read() or b"null")
            except (urllib.error.URLError, ConnectionError, http.client.RemoteDisconnected) as error:
                unreachable = error
        raise AssertionError(f"no dispatcher answers: {unreachable}")

    def wait_state(self, job: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until the job is in one of the states; the job's details."""

        def reached() -> dict[str, Any] | None:
            details: dict[str, Any] = self.get(f"/jobs/{job}")
            return details if details["state"] in states else None

        return wait_for(reached, seconds, f"job {job} in {states}")

    def log(self) -> str:
        return "\n".join(f"--- {p}\n{p.read_text()[-1500:]}" for p in sorted(self.folder.rglob("*.log")))


def wait_for(condition: Callable[[], T | None], seconds: float = 30, what: str = "") -> T:
    """The first truthy result of `condition`; a timeout fails the test, naming `what`."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.05)
