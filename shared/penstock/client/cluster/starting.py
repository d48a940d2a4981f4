"""`penstock cluster start`: starts what is missing, returns once REST answers and all slots are registered."""

import time
from collections.abc import Callable, Iterable

from penstock.client.cluster import readiness
from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.folder import ClusterFolder, PidFile
from penstock.client.cluster.launch import Launcher
from penstock.client.cluster.ports import free_ports, is_free
from penstock.client.cluster.redis_binary import find_redis
from penstock.client.cluster.redis_process import COORDINATION, EXCHANGE, check_external, is_ready, redis_command
from penstock.client.cluster.secrets import ensure_secret, new_password, password_of
from penstock.client.cluster.settings import ClusterSettings, Requested, merge
from penstock.client.cluster.stopping import end
from penstock.client.config import Configuration, rest
from penstock.client.config import cluster as options
from penstock.client.config.options import checkpointing
from penstock.coordination.coordination import Coordination
from penstock.security.redis_urls import completed

Say = Callable[[str], None]
_REDIS_PATIENCE = 20.0  #: seconds, which include the reading of an append-only file


def start(
    folder: ClusterFolder,
    requested: Requested,
    patience: float = 60.0,
    say: Say = lambda _: None,
    launcher: Launcher | None = None,
) -> ClusterSettings:
    """Start what is missing; `patience`: seconds until it must be up. What it started is stopped again if it is not.

    `launcher`: of a caller that goes on and has to wait for the processes, which are its children.
    ClusterError: no Redis, a port is taken, a process died (with the end of its log), or time is up.
    """
    with folder.lock():
        previous, living = folder.load(), folder.living()
        settings = merge(previous, requested)
        if previous and previous.slots != settings.slots and any(p.service == "taskmanager" for p in living.values()):
            raise ClusterError(
                f"the running TaskManagers have {previous.slots} slots, not {settings.slots}; stop the cluster first"
            )
        # slots that outlived a killed TaskManager would go unseen once its pid file is another's
        end([row for row in folder.recorded() if row.name not in living])
        if previous is None:
            ensure_secret(folder.conf, settings.configuration)
        launcher = launcher or Launcher(folder)
        launcher.launched.clear()
        try:
            _start_redis(folder, settings, living, launcher, say)
            _choose_rest_ports(settings, requested.rest_port, living)
            _configure(folder, settings)
            folder.save(settings)
            _start_services(settings, living, launcher)
            _wait(folder, settings, launcher, patience)
        except BaseException:
            end([row for row in folder.recorded() if row.name in {x.name for x in launcher.launched}])
            for launched in launcher.launched:
                launched.process.wait()
                folder.forget(launched.name)
            raise
        return settings


def _start_redis(
    folder: ClusterFolder, settings: ClusterSettings, living: Iterable[str], launcher: Launcher, say: Say
) -> None:
    own: list[tuple[str, str]] = []
    if settings.own_redis:
        own.append((COORDINATION, settings.redis))
    else:
        check_external(settings.redis_url, "--redis")
    if settings.own_exchange:
        own.append((EXCHANGE, settings.exchange[0] if settings.exchange else ""))
    else:
        for url in settings.exchange:
            check_external(completed(url, Configuration(settings.configuration)), "--exchange-redis")
    for (name, url), any_port in zip(own, free_ports(len(own)), strict=True):
        if name in living:
            continue
        port = _port_of(url, any_port, in_use=any(True for _ in living))
        executable = find_redis(say)
        # a Redis that ran before there were passwords goes on without: its clients know of none
        password = password_of(url) if url else new_password()
        launcher.start(name, "redis", redis_command(executable, name, port, folder.data / name, password))
        chosen = f"redis://{f':{password}@' if password else ''}127.0.0.1:{port}/0"
        if name == COORDINATION:
            settings.redis = chosen
        else:
            settings.exchange = [chosen]
        _wait_for_redis(name, chosen, launcher)


def _port_of(url: str, any_port: int, in_use: bool) -> int:
    """The port the Redis had: living services know no other. Any free one where none live and it is taken."""
    if not url:
        return any_port
    port = int(url.rpartition(":")[2].partition("/")[0])
    if is_free(port):
        return port
    if in_use:
        raise ClusterError(
            f"port {port}, at which the running services expect their Redis, is taken by another process"
        )
    return any_port


def _wait_for_redis(name: str, url: str, launcher: Launcher) -> None:
    deadline = time.monotonic() + _REDIS_PATIENCE
    while not is_ready(url):
        launcher.check()
        if time.monotonic() > deadline:
            raise ClusterError(f"{name} at {url} does not answer after {_REDIS_PATIENCE:.0f} s")
        time.sleep(0.05)


def _choose_rest_ports(settings: ClusterSettings, requested: int | None, living: Iterable[str]) -> None:
    """Ports of all dispatchers: those of the previous start, else the requested one and its successors.

    0 asks for any, and so for the previous ones: clients know them.
    """
    count, alive = settings.dispatchers, set(living)
    if requested is not None and not any(name.startswith("dispatcher-") for name in alive):
        settings.rest_ports = [port for port in settings.rest_ports if is_free(port)] if requested == 0 else []
    first = requested if requested is not None else int(settings.configuration.get(rest.REST_PORT.key, "8081"))
    if len(settings.rest_ports) < count:
        if first == 0:
            settings.rest_ports += free_ports(count - len(settings.rest_ports))
        else:
            start_at = max([first - 1, *settings.rest_ports]) + 1
            settings.rest_ports += range(start_at, start_at + count - len(settings.rest_ports))
    del settings.rest_ports[count:]
    for number, port in enumerate(settings.rest_ports, 1):
        if f"dispatcher-{number}" not in alive and not is_free(port):
            raise ClusterError(f"port {port} is taken; choose another one by --rest-port (0: any free one)")


def _configure(folder: ClusterFolder, settings: ClusterSettings) -> None:
    """The configuration all services share. Every value that `start` decides wins over the user's."""
    settings.configuration |= {
        options.REDIS_URL.key: settings.redis,
        options.EXCHANGE_URLS.key: ";".join(settings.exchange),
        options.TASK_SLOTS.key: str(settings.slots),
        options.LOG_DIR.key: str(folder.logs),
        rest.REST_PORT.key: str(settings.rest_ports[0]) if settings.rest_ports else "8081",
    }
    settings.configuration.setdefault(options.WORKER_FOLDER.key, str(folder.path))
    settings.configuration.setdefault(options.STORAGE_DIR.key, str(folder.data / "storage"))
    if not Configuration(settings.configuration).is_set(checkpointing.DIR):
        settings.configuration[checkpointing.DIR.key] = str(folder.checkpoints)


def _start_services(settings: ClusterSettings, living: Iterable[str], launcher: Launcher) -> None:
    alive = set(living)
    for service in ("resourcemanager", "jobmanager", "dispatcher", "taskmanager"):
        for number in range(1, getattr(settings, f"{service}s") + 1):
            name = f"{service}-{number}"
            if name in alive:
                continue
            launcher.start_service(name, service, settings_of(name, settings))


def settings_of(name: str, settings: ClusterSettings) -> dict[str, object]:
    """What the service of that name, "dispatcher-2", has of its own beside the shared configuration."""
    service, _, number = name.partition("-")
    own: dict[str, object] = {(options.TASKMANAGER_ID if service == "taskmanager" else options.SERVICE_ID).key: name}
    if service == "dispatcher":
        own[rest.BIND_PORT.key] = settings.rest_ports[int(number) - 1]
    return own | settings.members.get(name, {})


def _wait(folder: ClusterFolder, settings: ClusterSettings, launcher: Launcher, patience: float) -> None:
    deadline = time.monotonic() + patience
    prefix = settings.configuration.get(options.CLUSTER_ID.key, "penstock")
    with Coordination.connect(settings.redis_url, prefix, keyring=settings.keyring) as plane:
        while waiting := readiness.missing(settings, plane, _expected(folder, settings)):
            launcher.check()
            if time.monotonic() > deadline:
                raise ClusterError(f"not up after {patience:.0f} s, missing: {', '.join(waiting)}; logs: {folder.logs}")
            time.sleep(0.1)


def _expected(folder: ClusterFolder, settings: ClusterSettings) -> list[PidFile]:
    names = {f"taskmanager-{number}" for number in range(1, settings.taskmanagers + 1)}
    return [row for row in folder.living().values() if row.name in names]
