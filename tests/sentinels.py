"""A coordination Redis as production has it: a master, a replica, three Sentinels, all of them local processes."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from penstock.client.cluster.ports import free_ports
from tests.conftest import RedisServer

START_WITHIN = 30.0


class Trio:
    """A master, a replica, three Sentinels."""

    def __init__(self, executable: str, folder: Path) -> None:
        for name in ("master", "replica"):
            (folder / name).mkdir()
        self.master = RedisServer(executable, folder / "master", persistent=True)
        self.replica = RedisServer(
            executable, folder / "replica", persistent=True, options=("--replicaof", "127.0.0.1", str(self.master.port))
        )
        self.ports = free_ports(3)
        self._sentinels: list[subprocess.Popen[bytes]] = []
        for port in self.ports:
            config = folder / f"sentinel-{port}.conf"
            config.write_text(
                f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
                f"sentinel monitor main 127.0.0.1 {self.master.port} 2\n"
                "sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
            )
            command = [executable, str(config), "--sentinel"]
            self._sentinels.append(
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
            )

    @property
    def url(self) -> str:
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{port}" for port in self.ports) + "/main/0"

    def is_ready(self) -> bool:
        """Whether each Sentinel knows the replica and both others."""
        for port in self.ports:
            try:
                with redis.Redis(port=port, socket_timeout=1) as client:
                    state: Any = client.sentinel_master("main")
            except redis.RedisError:
                return False
            if state["num-slaves"] != 1 or state["num-other-sentinels"] != 2:
                return False
        with redis.Redis(port=self.replica.port, socket_timeout=1) as client:
            info: Any = client.info("replication")
        return bool(info["master_link_status"] == "up")

    def is_synchronized(self) -> bool:
        """Whether the one that is a replica has all that the other has."""
        for server in (self.master, self.replica):
            with redis.Redis(port=server.port, socket_timeout=1) as client:
                info: Any = client.info("replication")
            if info["role"] == "slave":
                return bool(info["master_link_status"] == "up" and not info["master_sync_in_progress"])
        return False

    def close(self) -> None:
        for process in self._sentinels:
            process.kill()
            process.wait()
        self.master.stop(kill=True)
        self.replica.stop(kill=True)


def until(condition: Callable[[], object], what: str, seconds: float = START_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not reached: {what}"
        time.sleep(0.1)
