"""`penstock list` and `penstock cancel`."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option

_TERMINAL = ("FINISHED", "FAILED", "CANCELED")
_WAITING = ("INITIALIZING", "CREATED")


@click.command("list")
@address_option
@setting_option
@click.option("-r", "--running", is_flag=True, help="Only running jobs.")
@click.option("-s", "--scheduled", is_flag=True, help="Only jobs that wait for slots.")
@click.option("-a", "--all", "everything", is_flag=True, help="Terminated jobs too.")
def list_command(
    addresses: str | None, settings: Sequence[str], running: bool, scheduled: bool, everything: bool
) -> None:
    """List running and scheduled jobs, the newest last."""
    with rest_client(configuration_of(settings, addresses)) as client:
        jobs = sorted(client.jobs_overview(), key=lambda job: job["start-time"])
    both = not (running or scheduled)
    sections = (("Running/Restarting", running or both), ("Scheduled", scheduled or both), ("Terminated", everything))
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
@click.argument("job")
@address_option
@setting_option
def cancel_command(job: str, addresses: str | None, settings: Sequence[str]) -> None:
    """Cancel JOB, given by its id, and wait until it is CANCELED."""
    from penstock.client.config import rest
    from penstock.client.rest_client import RestError

    if len(job) != 32 or set(job) - set("0123456789abcdef"):
        raise CommandFailed(f"{job!r} is no job id: 32 hexadecimal digits", "`penstock list` shows the ids")
    configuration = configuration_of(settings, addresses)
    with rest_client(configuration) as client:
        try:
            client.cancel(job)
            deadline = time.monotonic() + configuration.get(rest.CLIENT_TIMEOUT).total_seconds()
            while (state := client.job_status(job)) not in _TERMINAL:
                if time.monotonic() > deadline:
                    raise CommandFailed(f"job {job} is still {state}", "it will be CANCELED when its tasks have ended")
                time.sleep(0.1)
        except RestError as error:
            if error.status == 404:
                raise CommandFailed(f"the cluster has no job {job}", "`penstock list -a` shows all") from None
            if error.status == 409:
                raise CommandFailed(f"job {job} has ended: it is {client.job_status(job)}") from None
            raise
    if state != "CANCELED":
        raise CommandFailed(f"job {job} ended before it could be cancelled: it is {state}")
    click.echo(f"Job {job} CANCELED")
