"""`penstock checkpoints`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from penstock.client.cli.job_argument import checked_job_id, job_argument, of_job
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option
from penstock.client.cli.sizes import human_size

_COLUMNS = ("id", "type", "status", "triggered", "duration", "size", "subtasks", "path or failure")


@click.command("checkpoints")
@job_argument
@click.option("--json", "as_json", is_flag=True, help="As JSON: what REST answers.")
@address_option
@setting_option
def checkpoints_command(job: str, as_json: bool, addresses: str | None, settings: Sequence[str]) -> None:
    """Show the checkpoints and savepoints of JOB, the newest first."""
    checked_job_id(job)
    with rest_client(configuration_of(settings, addresses)) as client, of_job(job):
        found = client.checkpoints(job)
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(counts_line(found["counts"]))
    if restored := found["latest"]["restored"]:
        kind = "savepoint" if restored["is_savepoint"] else "checkpoint"
        click.echo(f"restored from {kind} {restored['id']}: {restored['external_path']}")
    if found["history"]:
        for line in table([_COLUMNS, *(row_of(entry) for entry in found["history"])]):
            click.echo(line)


def counts_line(counts: dict[str, int]) -> str:
    """`12 triggered: 10 completed, 1 failed, 1 in progress; 2 restored`."""
    parts = ", ".join(f"{counts[key]} {key.replace('_', ' ')}" for key in ("completed", "failed", "in_progress"))
    return f"{counts['total']} triggered: {parts}; {counts['restored']} restored"


def row_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """An element of the history in words."""
    duration = entry["end_to_end_duration"]
    note = entry.get("external_path") or entry.get("failure_message") or ""
    return (
        str(entry["id"]),
        entry["checkpoint_type"].lower().replace("_", " "),
        entry["status"],
        datetime.fromtimestamp(entry["trigger_timestamp"] / 1000).strftime("%d.%m.%Y %H:%M:%S"),
        f"{duration / 1000:.3f} s" if duration >= 0 else "",
        human_size(entry["state_size"]),
        f"{entry['num_acknowledged_subtasks']}/{entry['num_subtasks']}",
        f"{note} (discarded)" if entry.get("discarded") else str(note),
    )


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with aligned columns."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
