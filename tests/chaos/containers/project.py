"""A compose project of its own: compose.yaml as shipped, and beside it what a test needs to look inside."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock.client.cluster.ports import free_ports
from tests.chaos.harness import ClusterSpec, RedisName

ROOT = Path(__file__).parents[3]
REDIS: dict[RedisName, str] = {"coordination": "redis", "exchange": "redis-exchange"}
_SERVICES = ("dispatcher-1", "dispatcher-2", "jobmanager", "resourcemanager", "taskmanager")


class EngineError(Exception):
    """A command of the container engine failed."""


def docker(*arguments: str) -> str:
    """What `docker …` says. EngineError with all that it said."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"docker {' '.join(arguments)} -> {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def is_there() -> bool:
    """Whether there is an engine, and compose."""
    commands = (["docker", "version"], ["docker", "compose", "version"])
    try:
        return not any(subprocess.run(command, capture_output=True, check=False).returncode for command in commands)
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class Container:
    """`id`: in full. `member`: as harnesses call it."""

    id: str
    service: str
    member: str


class Project:
    """`up`, `containers`, `down`. Ports are free ones; `folder` is /data of all services."""

    def __init__(self, name: str, spec: ClusterSpec, folder: Path) -> None:
        self.name, self._spec, self._folder = name, spec, folder
        self.rest = free_ports(2)
        ports = free_ports(2)
        self.redis_ports: dict[RedisName, int] = {"coordination": ports[0], "exchange": ports[1]}
        self._override = folder.with_name(f"{folder.name}.compose.json")

    def build(self) -> None:
        """The image, out of the cache where nothing has changed."""
        self._compose("build", "-q")

    def up(self) -> None:
        """Return once the containers are made and started."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._override.write_text(json.dumps({"services": self._additions()}))
        scale = [f"{service}={getattr(self._spec, f'{service}s')}" for service in _SERVICES[2:]]
        self._compose("up", "-d", "--no-build", *(part for each in scale for part in ("--scale", each)))

    def containers(self) -> list[Container]:
        """All of them, those that are dead too."""
        form = '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.container-number"}}'
        told = docker(
            "ps", "-a", "--no-trunc", "--filter", f"label=com.docker.compose.project={self.name}", "--format", form
        )
        found = []
        for line in told.splitlines():
            id, service, number = line.split()
            member = f"{service}-{number}" if service in _SERVICES[2:] else service
            found.append(Container(id, service, member))
        return sorted(found, key=lambda container: container.member)

    def down(self) -> None:
        """With all volumes; images stay, for the next one."""
        self._compose("down", "-v", "--remove-orphans", "-t", "2")
        self._override.unlink(missing_ok=True)

    def _additions(self) -> dict[str, dict[str, object]]:
        """Ports of the Redises for the test; the shared folder; what the spec configures."""
        spec = self._spec
        # No secrets: the suite looks at rows as they are, and at the Redises by MONITOR.
        settings = {"penstock.secret.required": "false", "taskmanager.numberOfTaskSlots": str(spec.slots)}
        settings |= dict(spec.configuration)
        options = [part for key, value in settings.items() for part in ("-D", f"{key}={value}")]
        added: dict[str, dict[str, object]] = {
            service: {
                "command": [service.removesuffix("-1").removesuffix("-2"), *options],
                "volumes": [f"{self._folder}:/data"],
            }
            for service in _SERVICES
        }
        for name, port in self.redis_ports.items():
            added[REDIS[name]] = {"ports": [f"127.0.0.1:{port}:6379"]}
        return added

    def _compose(self, *arguments: str) -> None:
        files = ["-f", str(ROOT / "compose.yaml")]
        if self._override.exists():
            files += ["-f", str(self._override)]
        command = ["docker", "compose", "--project-directory", str(ROOT), "-p", self.name, *files, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment())
        if done.returncode:
            raise EngineError(f"{' '.join(command)} -> {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def _environment(self) -> Mapping[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PENSTOCK", "COMPOSE"))}
        ours = {"PENSTOCK_SECRET": "", "PENSTOCK_REDIS_PASSWORD": "", "PENSTOCK_REST_TOKEN": ""}
        return kept | ours | {"PENSTOCK_PORT_1": str(self.rest[0]), "PENSTOCK_PORT_2": str(self.rest[1])}
