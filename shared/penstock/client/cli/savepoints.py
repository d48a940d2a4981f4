"""`penstock savepoint | checkpoint | stop | rescale`."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.job_argument import checked_job_id, job_argument, of_job
from penstock.client.cli.options import address_option, configuration_of, rest_client, setting_option
from penstock.client.cli.paths import absolute
from penstock.client.cli.waiting import detached_option, end_of, json_option, result_of, told

F = TypeVar("F", bound=Callable[..., Any])


def type_option(command: F) -> F:
    """`-type canonical|native`."""
    return click.option(
        "-type",
        "--type",
        "form",
        type=click.Choice(["canonical", "native"], case_sensitive=False),
        default="canonical",
        help="Format, as Flink's CLI takes it: both are the portable one here.",
    )(command)


@click.command("savepoint")
@click.argument("job", metavar="JOB", required=False)
@click.argument("directory", metavar="[DIR]", required=False)
@click.option("-d", "--dispose", "disposed", metavar="PATH", help="Remove the savepoint at PATH instead.")
@type_option
@detached_option
@json_option
@address_option
@setting_option
def savepoint_command(
    job: str | None,
    directory: str | None,
    disposed: str | None,
    form: str,
    detached: bool,
    as_json: bool,
    addresses: str | None,
    settings: Sequence[str],
) -> None:
    """Take a savepoint of JOB into DIR, and wait for it.

    Without DIR it goes to execution.checkpointing.savepoint-dir. With -d PATH a savepoint is removed.
    """
    from penstock.client.job_operations import JobOperations

    configuration = configuration_of(settings, addresses)
    if disposed is not None:
        if job is not None:
            raise click.UsageError("-d PATH removes a savepoint and takes no JOB.")
        _dispose(disposed, as_json, configuration)
        return
    if job is None:
        raise click.UsageError("Missing argument 'JOB'.")
    checked_job_id(job)
    with rest_client(configuration) as client, of_job(job, f"name one: `penstock savepoint {job} DIR`"):
        operation = JobOperations(client).savepoint(job, absolute(directory), form=form.upper())
        if detached:
            told(as_json, {"job": job, "request": operation.trigger}, f"Savepoint {operation.trigger} requested")
            return
        path = result_of(operation, client, job)["location"]
    told(
        as_json,
        {"job": job, "path": path},
        f"Savepoint completed. Path: {path}",
        f"`penstock run -s {path} …` resumes from it",
    )


def _dispose(path: str, as_json: bool, configuration: Any) -> None:
    from penstock.client.job_operations import JobOperations, OperationFailed

    with rest_client(configuration) as client:
        try:
            JobOperations(client).dispose(absolute(path) or "").wait()
        except OperationFailed as error:
            raise CommandFailed(f"the savepoint was not removed: {error}") from error
    told(as_json, {"disposed": path}, f"Savepoint {path} disposed.")


@click.command("checkpoint")
@job_argument
@click.option("-full", "--full", is_flag=True, help="All state, where checkpoints are incremental.")
@json_option
@address_option
@setting_option
def checkpoint_command(job: str, full: bool, as_json: bool, addresses: str | None, settings: Sequence[str]) -> None:
    """Take a checkpoint of JOB now, and wait for it."""
    from penstock.client.job_operations import JobOperations

    checked_job_id(job)
    with rest_client(configuration_of(settings, addresses)) as client, of_job(job):
        number = result_of(JobOperations(client).checkpoint(job, full=full), client, job)["checkpointId"]
    told(as_json, {"job": job, "checkpoint": number}, f"Checkpoint {number} of job {job} completed.")


@click.command("stop")
@job_argument
@click.option("-p", "--savepointPath", "directory", metavar="DIR", help="Where the savepoint goes.")
@click.option("-d", "--drain", is_flag=True, help="End the input before: windows fire, the result is final.")
@type_option
@detached_option
@json_option
@address_option
@setting_option
def stop_command(
    job: str,
    directory: str | None,
    drain: bool,
    form: str,
    detached: bool,
    as_json: bool,
    addresses: str | None,
    settings: Sequence[str],
) -> None:
    """Stop JOB with a savepoint, from which it can be resumed, and wait until it is FINISHED."""
    from penstock.client.config import rest
    from penstock.client.job_operations import JobOperations

    checked_job_id(job)
    configuration = configuration_of(settings, addresses)
    with rest_client(configuration) as client, of_job(job, f"name one: `penstock stop -p DIR {job}`"):
        operation = JobOperations(client).stop(job, absolute(directory), drain=drain, form=form.upper())
        if detached:
            told(as_json, {"job": job, "request": operation.trigger}, f"Stop {operation.trigger} requested")
            return
        path = result_of(operation, client, job)["location"]
        state = end_of(client, job, configuration.get(rest.CLIENT_TIMEOUT).total_seconds())
    told(
        as_json, {"job": job, "path": path, "state": state}, f"Savepoint completed. Path: {path}", f"Job {job} {state}"
    )
    if state != "FINISHED":
        raise CommandFailed(f"job {job} is {state}, though its savepoint is complete")


@click.command("rescale")
@job_argument
@click.argument("parallelism", metavar="N", type=click.IntRange(1))
@json_option
@address_option
@setting_option
def rescale_command(job: str, parallelism: int, as_json: bool, addresses: str | None, settings: Sequence[str]) -> None:
    """Let JOB go on at parallelism N, under the same id, by way of a savepoint."""
    from penstock.client.job_operations import JobOperations

    checked_job_id(job)
    with rest_client(configuration_of(settings, addresses)) as client, of_job(job):
        result_of(JobOperations(client).rescale(job, parallelism), client, job)
    told(as_json, {"job": job, "parallelism": parallelism}, f"Job {job} goes on at parallelism {parallelism}")
