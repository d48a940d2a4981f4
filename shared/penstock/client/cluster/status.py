"""`penstock cluster status`: the live processes of a local cluster and what they are at."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.folder import ClusterFolder, PidFile
from penstock.client.cluster.process_table import ProcessEntry, all_processes
from penstock.client.cluster.redis_process import COORDINATION, EXCHANGE
from penstock.client.cluster.settings import ClusterSettings
from penstock.client.config import cluster as options
from penstock.coordination.connection import AWAY
from penstock.coordination.coordination import Coordination
from penstock.coordination.rows import ServiceInfo

_LEADING = "LEADING"
_ORDER = ("redis", "dispatcher", "jobmanager", "resourcemanager", "taskmanager", "slot")


class ProcessStatus(msgspec.Struct, frozen=True):
    """A live process. `jobs`: ids it leads (jobmanager) or runs (slot)."""

    service: str
    id: str
    pid: int
    state: str
    jobs: tuple[str, ...] = ()


class ClusterStatus(msgspec.Struct, frozen=True):
    """What `status --json` prints. `redis` and `exchange`: with their passwords, for whoever owns the folder.

    `missing`: processes of the cluster that do not live; `problem`: why nothing is known of those that do.
    """

    rest: list[str]
    redis: str
    exchange: list[str]
    processes: list[ProcessStatus]
    missing: list[str] = []
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        return dict(msgspec.to_builtins(self))


def status(folder: ClusterFolder) -> ClusterStatus:
    """The cluster in a folder. ClusterError: there never was one."""
    settings = folder.load()
    if settings is None:
        raise ClusterError(f"no cluster was ever started in {folder.path}; name its folder by --dir")
    living = list(folder.living().values())
    announced: list[ServiceInfo] | None = None
    problem = ""
    if living:
        prefix = settings.configuration.get(options.CLUSTER_ID.key, "penstock")
        with Coordination.connect(settings.redis_url, prefix) as c:
            try:
                announced = c.registry.alive()
            except AWAY as error:
                problem = f"the coordination Redis does not serve: {error}"
    processes = join(living, announced, all_processes())
    missing = missing_of(settings, {row.name for row in living}) if living else []
    return ClusterStatus(settings.rest, settings.redis, settings.exchange, processes, missing, problem)


def missing_of(settings: ClusterSettings, living: Collection[str]) -> list[str]:
    """Names of what the cluster was started with and is not there."""
    redises = [COORDINATION] * settings.own_redis + [EXCHANGE] * settings.own_exchange
    services = [
        f"{service}-{number}"
        for service in ("dispatcher", "jobmanager", "resourcemanager", "taskmanager")
        for number in range(1, getattr(settings, f"{service}s") + 1)
    ]
    return [name for name in redises + services if name not in living]


def join(
    living: Iterable[PidFile], announced: Iterable[ServiceInfo] | None, processes: Iterable[ProcessEntry]
) -> list[ProcessStatus]:
    """Processes that live, with what they announced of themselves. `announced` None: Redis is away, all is UNKNOWN.

    Announcements of processes that are gone are left out, and so are slots of other clusters that share the Redis.
    """
    rows = {info.pid: info for info in _without_former_leaders(announced or ())}
    own = {row.pid: row for row in living}
    found: list[ProcessStatus] = []
    for pid, row in own.items():
        info = rows.get(pid)
        if row.service == "redis":
            found.append(ProcessStatus("redis", row.name, pid, "RUNNING"))
        elif info is not None and info.service == row.service:
            found.append(ProcessStatus(row.service, info.id, pid, info.state, info.jobs))
        else:
            found.append(ProcessStatus(row.service, row.name, pid, "UNKNOWN" if announced is None else "STARTING"))
    for entry in processes:
        info = rows.get(entry.pid)
        if info is not None and info.service == "slot" and entry.group in own:
            found.append(ProcessStatus("slot", info.id, entry.pid, info.state, info.jobs))
    return sorted(found, key=lambda process: (_ORDER.index(process.service), process.id))


def _without_former_leaders(announced: Iterable[ServiceInfo]) -> list[ServiceInfo]:
    """What stands still goes on saying that it leads for as long as its row lives: the newest row is right."""
    found: list[ServiceInfo] = []
    led: set[str] = set()
    for info in sorted(announced, key=lambda info: info.time, reverse=True):
        if info.service == "jobmanager":
            info = msgspec.structs.replace(info, jobs=tuple(job for job in info.jobs if job not in led))
            led.update(info.jobs)
        elif info.service == "resourcemanager" and info.state == _LEADING:
            if _LEADING in led:
                info = msgspec.structs.replace(info, state="UNKNOWN")
            led.add(_LEADING)
        found.append(info)
    return found
