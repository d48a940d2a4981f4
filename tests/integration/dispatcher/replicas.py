"""Real dispatcher processes on free ports, ended by pid."""

import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any

import httpx


class DispatcherProcess:
    """`python -m penstock_dispatcher`. `url` once it listens; `log`: its lines so far, parsed."""

    def __init__(self, redis_url: str, prefix: str, **settings: str) -> None:
        options = {
            "penstock.redis.url": redis_url,
            "cluster.id": prefix,
            "rest.bind-port": "0",
            **settings,
        }
        command = [sys.executable, "-m", "penstock_dispatcher"]
        command += [part for key, value in options.items() for part in ("-D", f"{key}={value}")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")},
        )
        self.log: list[dict[str, Any]] = []
        self._up: queue.Queue[str] = queue.Queue()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        self.url = self._up.get(timeout=30)
        assert self.url, f"the dispatcher did not start: {self.log}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            entry = json.loads(line) if line.startswith("{") else {"event": line}
            self.log.append(entry)
            if "address" in entry:
                self._up.put(entry["address"])
        self._up.put("")

    @property
    def pid(self) -> int:
        return self._process.pid

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=20)

    def kill(self) -> None:
        """A crash."""
        self._process.kill()
        self._ended()

    def terminate(self) -> int:
        """SIGTERM; the exit status."""
        self._process.terminate()
        return self._ended()

    def _ended(self) -> int:
        code = self._process.wait(20)
        self._reading.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._ended()
