"""`penstock list` and `penstock cancel`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.job_argument import checked_job_id, complete_job, is_job_id, of_job
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option
from penstock.client.cli.paths import absolute
from penstock.client.cli.waiting import end_of, json_option, result_of, told

_TERMINAL = ("FINISHED", "FAILED", "CANCELED")
_WAITING = ("INITIALIZING", "CREATED")


@click.command("list")
@address_option
@setting_option
@click.option("-r", "--running", is_flag=True, help="Only running jobs.")
@click.option("-s", "--scheduled", is_flag=True, help="Only jobs that wait for slots.")
@click.option("-a", "--all", "everything", is_flag=True, help="Terminated jobs too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: the jobs as REST has them.")
def list_command(
    addresses: str | None, settings: Sequence[str], running: bool, scheduled: bool, everything: bool, as_json: bool
) -> None:
    """List running and scheduled jobs, the newest last."""
    with rest_client(configuration_of(settings, addresses)) as client:
        jobs = sorted(client.jobs_overview(), key=lambda job: job["start-time"])
    both = not (running or scheduled)
    sections = (("Running/Restarting", running or both), ("Scheduled", scheduled or both), ("Terminated", everything))
    if as_json:
        chosen = [section for section, wanted in sections if wanted]
        click.echo(json.dumps([job for job in jobs if _section(job["state"]) in chosen]))
        return
    for section, wanted in sections:
        if wanted:
            title = f"{section} Jobs"
            found = [job for job in jobs if _section(job["state"]) == section]
            click.echo(f" {title} ".center(60, "-") if found else f"No {title.lower()}.")
            for job in found:
                click.echo(_line(job))


def _section(state: str) -> str:
    if state in _TERMINAL:
        return "Terminated"
    return "Scheduled" if state in _WAITING else "Running/Restarting"


def _line(job: dict[str, Any]) -> str:
    started = datetime.fromtimestamp(job["start-time"] / 1000).strftime("%d.%m.%Y %H:%M:%S")
    message = job.get("message")
    return f"{started} : {job['jid']} : {job['name']} ({job['state']}{': ' + message if message else ''})"


@click.command("cancel")
@click.argument("job", metavar="JOB", required=False, shell_complete=complete_job)
@click.option(
    "-s",
    "--withSavepoint",
    "directory",
    metavar="[DIR]",
    is_flag=False,
    flag_value="",
    help="Take a savepoint first. `stop` does so too, and misses nothing in between.",
)
@json_option
@address_option
@setting_option
def cancel_command(
    job: str | None, directory: str | None, as_json: bool, addresses: str | None, settings: Sequence[str]
) -> None:
    """Cancel JOB, given by its id, and wait until it is CANCELED."""
    from penstock.client.config import rest
    from penstock.client.job_operations import JobOperations

    if job is None and directory is not None and is_job_id(directory):
        job, directory = directory, ""  # `cancel -s JOB`, as Flink's CLI takes it
    if job is None:
        raise click.UsageError("Missing argument 'JOB'.")
    checked_job_id(job)
    configuration = configuration_of(settings, addresses)
    path = None
    with rest_client(configuration) as client, of_job(job, f"name one: `penstock cancel -s DIR {job}`"):
        if directory is None:
            client.cancel(job)
        else:
            operation = JobOperations(client).savepoint(job, absolute(directory or None), cancel=True)
            path = result_of(operation, client, job)["location"]
        state = end_of(client, job, configuration.get(rest.CLIENT_TIMEOUT).total_seconds())
    if path is not None and not as_json:
        click.echo(f"Savepoint completed. Path: {path}")
    if state not in _TERMINAL:
        raise CommandFailed(f"job {job} is still {state}", "it will be CANCELED when its tasks have ended")
    if state != "CANCELED":
        raise CommandFailed(f"job {job} ended before it could be cancelled: it is {state}")
    told(as_json, {"job": job, "state": state, "path": path}, f"Job {job} CANCELED")
