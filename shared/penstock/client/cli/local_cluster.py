"""`penstock cluster start | status | stop`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from penstock.client.cli.options import configuration_of, setting_option

F = TypeVar("F", bound=Callable[..., Any])
_COUNT = click.IntRange(1)


def folder_option(command: F) -> F:
    """`--dir D`."""
    return click.option(
        "--dir",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=".penstock",
        show_default=True,
        help="Folder of the cluster: settings, pid files, logs, data, checkpoints.",
    )(command)


@click.group("cluster")
def cluster_command() -> None:
    """A cluster of local processes in the background."""


@cluster_command.command("start")
@folder_option
@click.option(
    "--provider",
    type=click.Choice(["standalone", "process"]),
    help="Who starts TaskManagers: this command, or the ResourceManager as jobs need slots. [default: standalone]",
)
@click.option(
    "--taskmanagers",
    type=click.IntRange(0),
    metavar="N",
    help="TaskManagers to start now. [default: 2, with --provider process 0]",
)
@click.option("--slots", type=_COUNT, metavar="M", help="Slots of each TaskManager. [default: 2]")
@click.option("--jobmanagers", type=_COUNT, metavar="K", help="JobManagers. [default: 1]")
@click.option("--dispatchers", type=_COUNT, metavar="D", help="Dispatchers, at successive ports. [default: 1]")
@click.option("--resourcemanagers", type=_COUNT, metavar="R", help="ResourceManagers. [default: 1]")
@click.option(
    "--rest-port",
    type=click.IntRange(0, 65535),
    metavar="P",
    help="Port of the first dispatcher, 0: any. [default: 8081]",
)
@click.option("--redis", metavar="URL", help="A coordination Redis that runs already.")
@click.option("--exchange-redis", metavar="URL[,URL]", help="Exchange Redises that run already.")
@click.option("--timeout", type=float, default=60.0, metavar="SECONDS", help="How long to wait. [default: 60]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_option
def start_command(
    folder: Path, exchange_redis: str | None, timeout: float, as_json: bool, settings: Sequence[str], **counts: Any
) -> None:
    """Start a cluster, or what is missing of it; return once REST answers and all slots are registered."""
    from penstock.client.cluster.folder import ClusterFolder
    from penstock.client.cluster.settings import Requested
    from penstock.client.cluster.starting import start
    from penstock.client.config import cluster
    from penstock.security.redis_urls import bare

    configuration = configuration_of(settings)
    if counts["slots"] is None and configuration.is_set(cluster.TASK_SLOTS):
        counts["slots"] = configuration.get(cluster.TASK_SLOTS)
    exchange = tuple(url.strip() for url in (exchange_redis or "").split(",") if url.strip())
    requested = Requested(**counts, exchange=exchange, configuration=configuration.to_dict())
    started = start(ClusterFolder(folder), requested, timeout, lambda text: click.echo(text, err=True))
    if as_json:
        fields = {"rest": started.rest, "redis": started.redis, "exchange": started.exchange}
        click.echo(json.dumps({**fields, "taskmanagers": started.taskmanagers, "slots": started.total_slots}))
        return
    click.echo(f"REST   {', '.join(started.rest)}")
    click.echo(f"Redis  {bare(started.redis)}, exchange {', '.join(map(bare, started.exchange))}")
    if started.configuration.get(cluster.PROVIDER.key) == "process":
        click.echo("TaskManagers are started as jobs need them")
    click.echo(f"{started.total_slots} slots in {started.taskmanagers} TaskManagers are up")


@cluster_command.command("status")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status_command(folder: Path, as_json: bool) -> None:
    """Show the cluster's live processes, and which are missing."""
    from penstock.client.cluster.folder import ClusterFolder
    from penstock.client.cluster.status import status
    from penstock.security.redis_urls import bare

    found = status(ClusterFolder(folder))
    if as_json:
        click.echo(json.dumps(found.to_dict()))
        return
    click.echo(f"REST   {', '.join(found.rest)}")
    click.echo(f"Redis  {bare(found.redis)}, exchange {', '.join(map(bare, found.exchange))}")
    for p in found.processes:
        click.echo(f"{p.service:16} {p.id:28} {p.pid:>8}  {p.state:9} {' '.join(p.jobs)}".rstrip())
    if not found.processes:
        click.echo("no process is alive")
    if found.problem:
        click.echo(found.problem)
    if found.missing:
        click.echo(f"missing: {', '.join(found.missing)}; `penstock cluster start --dir {folder}` starts them again")


@cluster_command.command("stop")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def stop_command(folder: Path, as_json: bool) -> None:
    """Stop the cluster: the processes that `start` started and their slots, nothing else."""
    from penstock.client.cluster.folder import ClusterFolder
    from penstock.client.cluster.stopping import stop

    count = stop(ClusterFolder(folder))
    if as_json:
        click.echo(json.dumps({"stopped": count}))
        return
    click.echo(f"stopped {count} processes" if count else "nothing was running")
