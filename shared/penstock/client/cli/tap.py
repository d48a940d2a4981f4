"""`penstock tap`."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.job_argument import checked_job_id
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option

if TYPE_CHECKING:
    from penstock.client.rest_client import RestClient

#: seconds between two looks
_PERIOD = 0.3
_ENDED = ("FINISHED", "FAILED", "CANCELED")


@click.command("tap")
@click.argument("vertex", metavar="[VERTEX]", required=False)
@click.option("-e", "--edge", metavar="E", help="Id or name of an edge. Default: the one that leaves the vertex.")
@click.option("-j", "--job", metavar="JOB", help="Id of the job. Default: the one that runs.")
@click.option("-n", "--limit", type=click.IntRange(1), default=10, show_default=True, help="Records to show.")
@click.option("-s", "--subtask", type=click.IntRange(0), help="Of this subtask alone.")
@click.option("--filter", "text", metavar="TEXT", help="Records alone that have it in their text or key.")
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C, or the end of the job.")
@click.option(
    "--timeout", type=click.FloatRange(0), default=10.0, show_default=True, help="Seconds to wait for that many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record.")
@address_option
@setting_option
def tap_command(
    vertex: str | None,
    edge: str | None,
    job: str | None,
    limit: int,
    subtask: int | None,
    text: str | None,
    follow: bool,
    timeout: float,
    as_json: bool,
    addresses: str | None,
    settings: Sequence[str],
) -> None:
    """Show the records that pass on an edge of a running job, live.

    VERTEX is an id, or a name; without it, the vertices and edges there are. The edge is sampled while the command
    runs, and no longer: on a busy edge not every record is shown.
    """
    with rest_client(configuration_of(settings, addresses)) as client:
        chosen = checked_job_id(job) if job is not None else running_job(client)
        vertices = _answer(client, f"/penstock/jobs/{chosen}/taps")["vertices"]
        if vertex is None:
            _show_edges(vertices, as_json)
            return
        found = vertex_of(vertices, vertex)
        query = {"edge": edge, "subtask": subtask, "filter": text}
        records = _records(client, chosen, found["id"], {k: v for k, v in query.items() if v is not None})
        _show(records, limit, follow, timeout, as_json)


def running_job(client: "RestClient") -> str:
    """The id of the only one. CommandFailed: there is none, or there are several."""
    jobs = [j for j in client.jobs_overview() if j["state"] not in _ENDED]
    if len(jobs) == 1:
        return str(jobs[0]["jid"])
    if not jobs:
        raise CommandFailed("no job runs", "`penstock list -a` shows those that ran")
    names = ", ".join(f"{j['jid']} ({j['name']})" for j in jobs)
    raise CommandFailed(f"{len(jobs)} jobs run: name one by --job", names)


def vertex_of(vertices: Sequence[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """By id, name, or where that is one alone the beginning of it. CommandFailed names those that there are."""
    for match in (
        lambda v: wanted in (v["id"], v["name"]),
        lambda v: v["name"].startswith(wanted) or v["id"].startswith(wanted),
    ):
        found = [v for v in vertices if match(v)]
        if len(found) == 1:
            return found[0]
    names = ", ".join(f"{v['name']!r}" for v in vertices)
    raise CommandFailed(f"the job has {'several vertices' if found else 'no vertex'} {wanted!r}", f"it has {names}")


def _records(client: "RestClient", job: str, vertex: str, query: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """What was sampled since the look before, for ever; ends with the job."""
    cursor: dict[str, str] = {}
    while True:
        try:
            found = _answer(client, f"/penstock/jobs/{job}/vertices/{vertex}/tap", limit=1000, **query, **cursor)
        except JobEnded:
            if not cursor:
                raise
            return
        if found["cursor"]:
            cursor = {"cursor": found["cursor"]}
        yield found["records"]
        time.sleep(_PERIOD)


class JobEnded(CommandFailed):
    """Nothing passes in it."""


def _answer(client: "RestClient", path: str, **query: Any) -> Any:
    """CommandFailed: what the cluster says, and how to know better."""
    from penstock.client.rest_client import RestError

    try:
        return client.get(path, **query)
    except RestError as error:
        if error.status == 404:
            raise CommandFailed(str(error), "`penstock tap` without arguments shows what there is") from None
        if error.status == 409:
            raise JobEnded(str(error), "`penstock list` shows the jobs that run") from None
        if error.status == 403:
            raise CommandFailed(str(error)) from None
        raise


def _show(found: Iterator[list[dict[str, Any]]], limit: int, follow: bool, timeout: float, as_json: bool) -> None:
    from penstock.client.cli.tap_view import record_line

    deadline, shown = time.monotonic() + timeout, 0
    kept: list[dict[str, Any]] = []
    for records in found:
        if follow:
            # what there was before this command began is cut to the limit
            for record in records if shown else records[-limit:]:
                click.echo(record_line(record, as_json))
            shown += 1
            continue
        kept = [*kept, *records][-limit:]
        if len(kept) >= limit or time.monotonic() >= deadline:
            break
    for record in kept:
        click.echo(record_line(record, as_json))
    if not follow and not kept:
        raise CommandFailed(
            f"nothing passed within {timeout:g} s", "a source may have nothing just now; --follow waits, --timeout too"
        )


def _show_edges(vertices: Sequence[dict[str, Any]], as_json: bool) -> None:
    from penstock.client.cli.tap_view import edge_lines

    if as_json:
        import json

        click.echo(json.dumps(vertices))
        return
    for line in edge_lines(vertices):
        click.echo(line)
