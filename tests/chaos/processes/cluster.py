"""A cluster of local processes to be hurt: `penstock.testing.LocalCluster`, with proxies before its Redises."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import redis

from penstock.client.cluster.folder import ClusterFolder
from penstock.client.cluster.ports import free_ports
from penstock.client.cluster.process_table import all_processes, find_process
from penstock.client.cluster.redis_process import is_ready
from penstock.client.cluster.settings import ClusterSettings
from penstock.client.config.options import cluster as options
from penstock.testing.crash_points import VARIABLE
from penstock.testing.local_cluster import LocalCluster, descendants, wait_until
from tests.chaos.harness import (
    SERVICES,
    Ability,
    ClusterSpec,
    Disturbance,
    LogLine,
    RedisName,
    Service,
    Slot,
    UnsupportedError,
)
from tests.chaos.processes import clock, storage
from tests.chaos.processes.append_only_file import without_tail
from tests.chaos.processes.proxy import FaultProxy
from tests.chaos.processes.socket_owner import owner_of

_REDIS: dict[RedisName, str] = {"coordination": "redis", "exchange": "redis-exchange"}


def abilities() -> frozenset[Ability]:
    """Of this machine."""
    missing = set()
    if clock.library() is None:
        missing.add(Ability.CLOCK)
    if not storage.can_mount():
        missing.add(Ability.STORAGE)
    return frozenset(Ability) - missing


class ProcessHarness:
    """See `harness.Harness`."""

    name = "processes"

    def __init__(self) -> None:
        self.abilities = abilities()

    def make(self, spec: ClusterSpec, folder: Path) -> "ProcessCluster":
        return ProcessCluster(spec, folder, self.abilities)


class ProcessCluster:
    """See `harness.ChaosCluster`."""

    def __init__(self, spec: ClusterSpec, folder: Path, able: frozenset[Ability]) -> None:
        self.spec, self.abilities, self.folder = spec, able, folder
        home = ClusterFolder(folder / "cluster")
        self.checkpoints = home.checkpoints
        self._crash_marks = folder / "crash-points"
        self._proxies: dict[RedisName, FaultProxy] = {}
        self._mounted = spec.storage_bytes > 0
        self._paused: set[str] = set()
        if self._mounted:
            storage.mount(self.checkpoints, spec.storage_bytes)
        try:
            members = self._proxied_members(home) if spec.proxied else {}
            self._cluster = LocalCluster(
                home.path,
                taskmanagers=spec.taskmanagers,
                slots=spec.slots,
                jobmanagers=spec.jobmanagers,
                resourcemanagers=spec.resourcemanagers,
                dispatchers=spec.dispatchers,
                configuration=dict(spec.configuration),
                environment=self._environment(),
                members=members,
            )
        except BaseException:
            self._close_rest()
            raise
        self.keyring = self._cluster.settings.keyring

    def _proxied_members(self, home: ClusterFolder) -> dict[str, dict[str, str]]:
        """A port of the coordination Redis for each service. JobMasters tell tasks where the exchange is: one for all,
        at which connections are told apart by the process that has made them."""
        coordination, exchange = free_ports(2)
        with home.lock():
            home.save(
                ClusterSettings(
                    redis=f"redis://127.0.0.1:{coordination}/0", exchange=[f"redis://127.0.0.1:{exchange}/0"]
                )
            )
        self._proxies = {"coordination": FaultProxy(coordination), "exchange": FaultProxy(exchange)}
        shared = self._proxies["exchange"].listen(self._member_at)
        return {
            name: {
                options.REDIS_URL.key: f"redis://127.0.0.1:{self._proxies['coordination'].listen(name)}/0",
                options.EXCHANGE_URLS.key: f"redis://127.0.0.1:{shared}/0",
            }
            for name in self._names()
        }

    def _names(self) -> list[str]:
        return [f"{service}-{n}" for service in SERVICES for n in range(1, getattr(self.spec, f"{service}s") + 1)]

    def _environment(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {name: {} for name in self._names()}
        if self.spec.crash_point:
            setting = f"{self.spec.crash_point}:{self._crash_marks}:{self.spec.crash_nth}"
            for variables in found.values():
                variables[VARIABLE] = setting
        for name, seconds in self.spec.clock:
            found[name] |= clock.environment(seconds)
        return found

    def _member_at(self, port: int) -> str:
        processes = all_processes()
        pids = {
            pid: name
            for name, row in self._cluster.folder.living().items()
            if row.service != "redis"
            for pid in (row.pid, *descendants(row.pid, processes))
        }
        return pids.get(owner_of(port, pids) or 0, "")

    # -- looking -------------------------------------------------------------------------------------------------------

    @property
    def addresses(self) -> str:
        return self._cluster.addresses

    def seen_by_jobs(self, path: Path) -> str:
        return str(path)

    def redis_url(self, name: RedisName) -> str:
        settings = self._cluster.settings
        return settings.redis if name == "coordination" else settings.exchange[0]

    def redis_url_of_jobs(self, name: RedisName) -> str:
        return self.redis_url(name)

    def members(self, service: Service) -> Sequence[str]:
        return sorted(name for name, row in self._cluster.folder.living().items() if row.service == service)

    def member_of(self, taskmanager: str) -> str:
        return taskmanager if taskmanager in self.members("taskmanager") else ""

    def slots(self) -> Sequence[Slot]:
        return [Slot(p.id, p.jobs) for p in self._cluster.processes("slot") if p.jobs]

    def leader(self, role: str) -> str | None:
        return self._cluster.leader(role)

    def log_lines(self) -> Iterator[LogLine]:
        for name in self._names():
            path = self._cluster.log(name)
            if not path.exists():
                continue
            with path.open(errors="replace") as lines:
                for line in lines:
                    with suppress(ValueError):
                        fields = json.loads(line)
                        if isinstance(fields, dict):
                            yield LogLine(name, str(fields.get("event", "")), fields)

    def crash_point_reached(self) -> int:
        return len(self._crash_marks.read_text().splitlines()) if self._crash_marks.exists() else 0

    def leftovers(self) -> Sequence[str]:
        mark = f"PENSTOCK_CONF_DIR={self._cluster.folder.conf}".encode()
        living = {row.pid for row in self._cluster.folder.living().values()}
        processes = all_processes()
        ours = living | {pid for parent in living for pid in descendants(parent, processes)}
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) in ours or find_process(int(entry.name)) is None:
                continue
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found.append(f"process {entry.name}: {command}")
        return found

    # -- checkpoint storage --------------------------------------------------------------------------------------------

    def fill_storage(self) -> None:
        self._need(Ability.STORAGE)
        storage.fill(self.checkpoints)

    def protect_storage(self) -> None:
        self._need(Ability.STORAGE)
        storage.remount(self.checkpoints, writable=False)

    def free_storage(self) -> None:
        self._need(Ability.STORAGE)
        storage.remount(self.checkpoints, writable=True)
        storage.empty(self.checkpoints)

    # -- members -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.mend()
        for name in list(self._paused):
            self.resume(name)
        self._cluster.start()

    def start_member(self, member: str) -> None:
        self._cluster.start_one(member)

    def kill(self, member: str, *, whole: bool = False) -> float:
        at = time.monotonic()
        self._cluster.kill(member, whole=whole)
        return at

    def terminate(self, member: str) -> None:
        self._cluster.terminate(member)

    def pause(self, member: str) -> None:
        self._cluster.pause(member)
        self._paused.add(member)

    def resume(self, member: str) -> None:
        self._paused.discard(member)
        with suppress(KeyError):
            self._cluster.resume(member)

    # -- network -------------------------------------------------------------------------------------------------------

    def disturb(self, member: str, name: RedisName, disturbance: Disturbance) -> None:
        if not self._proxies:
            raise UnsupportedError("the spec of this cluster says nothing of proxies")
        self._proxies[name].disturb(member, disturbance)

    def mend(self) -> None:
        for proxy in self._proxies.values():
            proxy.mend()

    def repeated(self) -> int:
        return sum(proxy.repeated for proxy in self._proxies.values())

    # -- Redis ---------------------------------------------------------------------------------------------------------

    def redis(self, name: RedisName) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url(name), socket_timeout=20)

    def kill_redis(self, name: RedisName) -> None:
        self._cluster.kill(_REDIS[name])

    def start_redis(self, name: RedisName) -> None:
        self._cluster.start_one(_REDIS[name])
        wait_until(lambda: is_ready(self.redis_url(name)), 60, f"{name} Redis to answer")

    def start_redis_without_tail(self, entries: int) -> None:
        without_tail(self._cluster.folder.data / "redis", entries)
        self.start_redis("coordination")

    def close(self) -> None:
        for name in list(self._paused):
            self.resume(name)
        self._cluster.close()
        self._close_rest()

    def _close_rest(self) -> None:
        for proxy in self._proxies.values():
            proxy.close()
        if self._mounted:
            storage.unmount(self.checkpoints)

    def _need(self, ability: Ability) -> None:
        if ability not in self.abilities or not self._mounted:
            raise UnsupportedError(f"{ability.value}: not with this cluster")
