"""`penstock metrics`."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.flows import flows
from penstock.client.cli.job_argument import checked_job_id, job_argument, of_job
from penstock.client.cli.metric_view import job_lines, subtask_lines
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option

if TYPE_CHECKING:
    from penstock.client.rest_client import RestClient

#: seconds between two readings, of which rates are made; slots tell their counters once a second
_APART = 2.0
_TERMINAL = ("FINISHED", "FAILED", "CANCELED")


@click.command("metrics")
@job_argument
@click.option(
    "-v", "--vertex", metavar="VERTEX", help="Of this vertex, subtask by subtask: its id, or part of its name."
)
@click.option("-o", "--operator", metavar="OPERATOR", help="Only metrics of this operator: its name, with --json.")
@click.option("-w", "--watch", is_flag=True, help="Again every two seconds, until the job ends or Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="By Flink's names, as JSON; with --watch a line each time.")
@address_option
@setting_option
def metrics_command(
    job: str,
    vertex: str | None,
    operator: str | None,
    watch: bool,
    as_json: bool,
    addresses: str | None,
    settings: Sequence[str],
) -> None:
    """Show what JOB measures: records and rates of its vertices, or the subtasks of one and its functions' metrics."""
    checked_job_id(job)
    if operator is not None and not as_json:
        raise click.UsageError("-o picks from Flink's names: give --json too.")
    with rest_client(configuration_of(settings, addresses)) as client, of_job(job):
        if as_json:
            _repeat(lambda _: click.echo(json.dumps(_by_name(client, job, vertex, operator))), client, job, watch)
        else:
            _show(client, job, vertex, watch)


def _show(client: "RestClient", job: str, vertex: str | None, watch: bool) -> None:
    before = client.job_view(job)
    if before["state"] not in _TERMINAL:
        time.sleep(_APART)

    def lines(now: dict[str, Any]) -> list[str]:
        nonlocal before
        if vertex is not None:
            chosen = _vertex(now, vertex)
            return subtask_lines(_vertex(client.job_view(job, chosen["id"]), chosen["id"]))
        shown = job_lines(now, flows(before, now))
        before = now
        return shown

    if watch and sys.stdout.isatty():
        from rich.live import Live
        from rich.text import Text

        with Live(auto_refresh=False) as live:
            _repeat(lambda now: live.update(Text("\n".join(lines(now))), refresh=True), client, job, watch)
        return
    _repeat(lambda now: click.echo("\n".join(lines(now))), client, job, watch)


def _repeat(show: Callable[[dict[str, Any]], None], client: "RestClient", job: str, watch: bool) -> None:
    """Once; watching, until the job has ended."""
    while True:
        now = client.job_view(job)
        show(now)
        if not watch or now["state"] in _TERMINAL:
            return
        time.sleep(_APART)


def _by_name(client: "RestClient", job: str, vertex: str | None, operator: str | None) -> dict[str, Any]:
    """`{"job": {name: value}, "vertices": [{"id", "name", "metrics": {"<subtask>.<name>": value}}]}`."""
    view = client.job_view(job)
    chosen = view["vertices"] if vertex is None else [_vertex(view, vertex)]
    prefix = None if operator is None else f".{operator.replace(' ', '_').replace(':', '_')}."
    vertices = []
    for v in chosen:
        found = client.vertex_metrics(job, v["id"])
        if prefix is not None:
            found = {name: value for name, value in found.items() if prefix in name}
        vertices.append({"id": v["id"], "name": v["name"], "metrics": found})
    if operator is not None and not any(v["metrics"] for v in vertices):
        raise CommandFailed(f"job {job} has no metrics of an operator {operator!r}", "without -o all are shown")
    answer: dict[str, Any] = {"time": view["now"], "state": view["state"], "vertices": vertices}
    if operator is None and vertex is None:
        answer["job"] = client.all_job_metrics(job)
    return answer


def _vertex(view: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """By its id, else the only one that has this in its name."""
    vertices: list[dict[str, Any]] = view["vertices"]
    found = [v for v in vertices if v["id"] == wanted] or [v for v in vertices if wanted.lower() in v["name"].lower()]
    if len(found) != 1:
        names = "; ".join(v["name"] for v in found or vertices)
        what = "fits several vertices" if found else "fits no vertex"
        raise CommandFailed(f"{wanted!r} {what} of the job", f"vertices: {names}")
    return found[0]
