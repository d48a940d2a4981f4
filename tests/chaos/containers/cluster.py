"""A cluster of containers to be hurt: compose.yaml as shipped, `docker kill`, `docker pause`, `docker network`."""

import atexit
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import redis

from penstock.client.cluster.redis_process import is_ready
from penstock.client.rest_client import RestClient
from penstock.coordination.coordination import Coordination
from penstock.coordination.rows import ServiceInfo
from penstock.security.keyring import UNSIGNED
from penstock.testing.local_cluster import wait_until
from tests.chaos.containers.project import REDIS, Container, EngineError, Project, docker, is_there
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
from tests.chaos.processes.append_only_file import without_tail

#: seconds
_WHOLE_WITHIN = 120.0
_ABILITIES = frozenset(
    {
        *(Ability.KILL, Ability.KILL_SLOT, Ability.TERMINATE, Ability.PAUSE, Ability.CUT, Ability.RESET),
        *(Ability.REDIS, Ability.REDIS_TAIL),
    }
)


class ContainerHarness:
    """See `harness.Harness`. EngineError: there is none, or the image cannot be built."""

    name = "containers"
    abilities = _ABILITIES

    def __init__(self) -> None:
        if not is_there():
            raise EngineError("no container engine: `docker version` or `docker compose version` fails")
        self._project = f"penstock-chaos-{secrets.token_hex(3)}"
        self._built = False

    def make(self, spec: ClusterSpec, folder: Path) -> "ContainerCluster":
        if (spec.crash_point, spec.clock, spec.storage_bytes) != ("", (), 0) or spec.dispatchers != 2:
            raise UnsupportedError("containers have no crash points, wrong clocks, small disks, or a third dispatcher")
        project = Project(self._project, spec, folder / "data")
        if not self._built:
            self._built = True
            project.build()
            atexit.register(_remove_images, self._project)
        return ContainerCluster(spec, folder / "data", project)


def _remove_images(project: str) -> None:
    with suppress(EngineError):
        if images := docker("image", "ls", "-q", "--filter", f"reference={project}*").split():
            docker("rmi", *sorted(set(images)), "--force")


class ContainerCluster:
    """See `harness.ChaosCluster`. A killed container takes all its processes along, and is started again as it is."""

    abilities = _ABILITIES

    def __init__(self, spec: ClusterSpec, folder: Path, project: Project) -> None:
        self.spec, self.folder, self._project = spec, folder, project
        self.keyring = UNSIGNED
        self._cut: set[str] = set()
        self._paused: set[str] = set()
        try:
            project.up()
            self._containers = {container.member: container for container in project.containers()}
            self.checkpoints = self._checkpoints()
            self._wait_whole()
        except BaseException:
            project.down()
            raise

    # -- looking -------------------------------------------------------------------------------------------------------

    @property
    def addresses(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self._project.rest)

    def _checkpoints(self) -> Path:
        """In the volume; a folder that nobody has where the user may not look into it."""
        with suppress(EngineError, OSError):
            at = Path(docker("volume", "inspect", f"{self._project.name}_state", "--format", "{{.Mountpoint}}").strip())
            if os.access(at, os.R_OK | os.X_OK):
                return at / "checkpoints"
        return self.folder / "checkpoints-cannot-be-seen"

    def seen_by_jobs(self, path: Path) -> str:
        """Opened for them too: in a container that runs for root they run as another user."""
        below = path.relative_to(self.folder)
        for existing in (path, *path.parents[: len(below.parts)]):
            if existing.exists():
                existing.chmod(0o777)
        return f"/data/{below}"

    def redis_url(self, name: RedisName) -> str:
        return f"redis://127.0.0.1:{self._project.redis_ports[name]}/0"

    def redis_url_of_jobs(self, name: RedisName) -> str:
        return f"redis://{REDIS[name]}:6379/0"

    def members(self, service: Service) -> Sequence[str]:
        return sorted(name for name in self._living() if name.rpartition("-")[0] == service)

    def member_of(self, taskmanager: str) -> str:
        # taskmanager-<host>-<random>
        member = self._member_on(taskmanager.removeprefix("taskmanager-").partition("-")[0])
        return member if member in self.members("taskmanager") else ""

    def slots(self) -> Sequence[Slot]:
        rows = [(member, row) for member, row in self._registry() if row.service == "slot" and row.jobs]
        return [Slot(f"{member}/{row.id.rpartition('/')[2]}", row.jobs) for member, row in rows]

    def leader(self, role: str) -> str | None:
        kind, _, job = role.partition(":")
        for member, row in self._registry():
            leads = row.service == "jobmanager" and job in row.jobs if job else row.state == "LEADING"
            if leads and (job or row.service == kind):
                return member
        return None

    def log_lines(self) -> Iterator[LogLine]:
        for container in self._of_services():
            for line in docker("logs", container.id).splitlines():
                with suppress(ValueError):
                    fields = json.loads(line)
                    if isinstance(fields, dict):
                        yield LogLine(container.member, str(fields.get("event", "")), fields)

    def crash_point_reached(self) -> int:
        return 0

    def leftovers(self) -> Sequence[str]:
        """Slots that live beside those that the TaskManager has."""
        found = []
        for member in self.members("taskmanager"):
            table = docker("top", self._containers[member].id, "-eo", "pid,args").splitlines()[1:]
            ours = [line for line in table if "penstock_taskmanager" in line and "entrypoint" not in line]
            # init, the worker, its slots
            if len(ours) > self.spec.slots + 2:
                found.append(f"{member} has {len(ours)} processes: {ours}")
        return found

    def fill_storage(self) -> None:
        raise UnsupportedError(Ability.STORAGE.value)

    protect_storage = free_storage = fill_storage

    # -- members -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.mend()
        for member in list(self._paused):
            self.resume(member)
        living = set(self._living())
        for name, service in REDIS.items():
            if service not in living:
                self.start_redis(name)
        for container in self._of_services():
            if container.member not in living:
                docker("start", container.id)
        self._wait_whole()

    def start_member(self, member: str) -> None:
        docker("start", self._containers[member].id)

    def kill(self, member: str, *, whole: bool = False) -> float:
        at = time.monotonic()
        name, _, pid = member.partition("/")
        if name not in self._living():
            raise KeyError(member)
        if not pid:
            docker("kill", self._containers[name].id)
            self._paused.discard(name)
            return max(at, self._died(name))
        try:
            docker("exec", "--user", "root", self._containers[name].id, "sh", "-c", f"kill -9 {pid}")
        except EngineError:
            raise KeyError(member) from None
        return at

    def _died(self, member: str) -> float:
        """When the engine saw the container end (`time.monotonic()`)."""
        told = docker("inspect", "--format", "{{.State.FinishedAt}}", self._containers[member].id)
        ended = datetime.fromisoformat(f"{told[:26].rstrip().rstrip('Z')}+00:00")
        return time.monotonic() - (time.time() - ended.timestamp())

    def terminate(self, member: str) -> None:
        docker("stop", "-t", "30", self._containers[member].id)

    def pause(self, member: str) -> None:
        docker("pause", self._containers[member].id)
        self._paused.add(member)

    def resume(self, member: str) -> None:
        self._paused.discard(member)
        docker("unpause", self._containers[member].id)

    # -- network -------------------------------------------------------------------------------------------------------

    def disturb(self, member: str, name: RedisName, disturbance: Disturbance) -> None:
        if disturbance.kind == "reset":
            self._reset(member, name)
        elif (disturbance.kind, disturbance.direction) == ("cut", "both"):
            if member not in self._cut:
                self._cut.add(member)
                docker("network", "disconnect", self._network, self._containers[member].id)
        else:
            raise UnsupportedError(f"containers cannot {disturbance}")

    def mend(self) -> None:
        while self._cut:
            container = self._containers[self._cut.pop()]
            docker("network", "connect", "--alias", container.service, self._network, container.id)

    def repeated(self) -> int:
        return 0

    def _reset(self, member: str, name: RedisName) -> None:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        own = set(docker("inspect", "--format", form, self._containers[member].id).split())
        with self.redis(name) as client:
            connections: Any = client.client_list()
            for connection in connections:
                if connection["addr"].rpartition(":")[0] in own:
                    client.execute_command("CLIENT", "KILL", "ID", connection["id"])

    @property
    def _network(self) -> str:
        return f"{self._project.name}_default"

    # -- Redis ---------------------------------------------------------------------------------------------------------

    def redis(self, name: RedisName) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url(name), socket_timeout=20)

    def kill_redis(self, name: RedisName) -> None:
        docker("kill", self._containers[REDIS[name]].id)

    def start_redis(self, name: RedisName) -> None:
        docker("start", self._containers[REDIS[name]].id)
        wait_until(lambda: is_ready(self.redis_url(name)), 60, f"{name} Redis to answer")

    def start_redis_without_tail(self, entries: int) -> None:
        source = f"{self._containers[REDIS['coordination']].id}:/data"
        with tempfile.TemporaryDirectory() as temporary:
            docker("cp", f"{source}/appendonlydir", temporary)
            without_tail(Path(temporary), entries)
            docker("cp", f"{temporary}/appendonlydir", source)
        self.start_redis("coordination")

    def close(self) -> None:
        for member in list(self._paused):
            with suppress(EngineError):
                self.resume(member)
        self._project.down()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _of_services(self) -> list[Container]:
        return [c for c in self._containers.values() if c.member.rpartition("-")[0] in SERVICES]

    def _living(self) -> dict[str, float]:
        """Members that run, paused ones too, and since when (s, wall clock)."""
        ids = {container.id: member for member, container in self._containers.items()}
        told = docker("inspect", "--format", "{{.Id}} {{.State.Running}} {{.State.StartedAt}}", *ids).splitlines()
        found = {}
        for id, running, started in sorted(line.split() for line in told):
            if running == "true":
                # nanoseconds are more than datetime reads
                found[ids[id]] = datetime.fromisoformat(started[:19] + "+00:00").timestamp()
        return found

    def _member_on(self, host: str) -> str:
        """Containers are called by the beginning of their id."""
        return next((c.member for c in self._containers.values() if host and c.id.startswith(host)), "")

    def _registry(self) -> list[tuple[str, ServiceInfo]]:
        """What members say of themselves; not what those said that ran in the same containers before."""
        with Coordination.connect(self.redis_url("coordination")) as plane:
            rows = [(self._member_on(row.host), row) for row in plane.registry.alive()]
        living = self._living()
        return [(member, row) for member, row in rows if member in living and row.time / 1000 > living[member] + 1]

    def _wait_whole(self) -> None:
        wait_until(self._is_whole, _WHOLE_WITHIN, f"a whole cluster: {self._project.name}")

    def _is_whole(self) -> bool:
        for address in self.addresses.split(","):
            try:
                with RestClient([address]) as client:
                    overview = client.request("GET", "/v1/overview").json()
            except Exception:
                return False  # not yet
            if overview["slots-total"] != self.spec.total_slots:
                return False
        return True
