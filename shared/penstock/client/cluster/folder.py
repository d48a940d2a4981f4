"""The folder of a local cluster: settings, configuration, pid files, logs, data, checkpoints."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.process_table import ProcessEntry, find_process
from penstock.client.cluster.secrets import write_private
from penstock.client.cluster.settings import ClusterSettings


class PidFile(msgspec.Struct, frozen=True, kw_only=True):
    """A process that `start` started. `started`: see `ProcessEntry`."""

    name: str  #: "taskmanager-2"
    service: str  #: redis, dispatcher, jobmanager, resourcemanager, taskmanager
    pid: int
    started: str

    def entry(self) -> ProcessEntry | None:
        """The process, None where it is gone: ended, or its pid is another's by now."""
        entry = find_process(self.pid)
        return entry if entry is not None and entry.started == self.started else None


class ClusterFolder:
    """Paths and small files under `--dir`."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.conf = self.path / "conf"
        self.logs = self.path / "logs"
        self.data = self.path / "data"
        self.checkpoints = self.path / "checkpoints"
        self._pids = self.path / "pids"
        self._settings = self.path / "cluster.json"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held by `start` and `stop`; ClusterError where another one is at work."""
        for folder in (self.path, self.conf, self.logs, self.data, self._pids):
            folder.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ClusterError(
                    f"another `penstock cluster` command is at work in {self.path}; wait for it"
                ) from None
            yield

    def load(self) -> ClusterSettings | None:
        """The settings of the cluster that was started here, None where there never was one."""
        try:
            return msgspec.json.decode(self._settings.read_bytes(), type=ClusterSettings)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, OSError) as error:
            raise ClusterError(f"{self._settings} cannot be read: {error}; delete it, or use another --dir") from None

    def save(self, settings: ClusterSettings) -> None:
        """Write the settings, and the configuration that the services read."""
        # both have passwords in them
        write_private(self._settings, msgspec.json.format(msgspec.json.encode(settings)))
        write_private(self.conf / "config.yaml", msgspec.yaml.encode(dict(sorted(settings.configuration.items()))))

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.logs / f"{name}.log"

    def record(self, name: str, service: str, pid: int) -> None:
        """Remember a process that was just started."""
        self._pids.mkdir(parents=True, exist_ok=True)
        entry = find_process(pid)
        row = PidFile(name=name, service=service, pid=pid, started=entry.started if entry else "")
        _write(self._pids / f"{name}.json", msgspec.json.encode(row))

    def recorded(self) -> list[PidFile]:
        """Every process that was started and not stopped, dead or alive, by name."""
        files = sorted(self._pids.glob("*.json")) if self._pids.is_dir() else []
        return [msgspec.json.decode(file.read_bytes(), type=PidFile) for file in files]

    def living(self) -> dict[str, PidFile]:
        """Those of them that live, by name."""
        return {row.name: row for row in self.recorded() if row.entry() is not None}

    def forget(self, name: str) -> None:
        """Remove a pid file."""
        (self._pids / f"{name}.json").unlink(missing_ok=True)


def _write(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)
