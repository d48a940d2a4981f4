"""How a command waits for what it has asked of a job: a line now and then on stderr, the result as text or JSON."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from penstock.client.job_operations import Operation
    from penstock.client.rest_client import RestClient

F = TypeVar("F", bound=Callable[..., Any])

#: seconds of patience before the first line, and between two lines
_SILENT, _EVERY = 2.0, 5.0
_TERMINAL = ("FINISHED", "FAILED", "CANCELED")


def json_option(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")(command)


def detached_option(command: F) -> F:
    """`--detached`."""
    return click.option(
        "-detached", "--detached", is_flag=True, help="Return once it is asked for, with the id of the request."
    )(command)


def told(as_json: bool, fields: dict[str, Any], *lines: str) -> None:
    """The result on stdout."""
    if as_json:
        import json

        click.echo(json.dumps(fields))
        return
    for line in lines:
        click.echo(line)


def result_of(operation: "Operation", client: "RestClient", job: str) -> dict[str, Any]:
    """Its result. OperationFailed; interrupted, it says that the request goes on."""
    due = _SILENT

    def meanwhile(seconds: float) -> None:
        nonlocal due
        if seconds >= due:
            due = seconds + _EVERY
            click.echo(f"{_under_way(client, job)}, {seconds:.0f} s", err=True)

    try:
        return operation.wait(meanwhile)
    except KeyboardInterrupt:
        click.echo(f"\nno longer waiting: request {operation.trigger} of job {job} goes on", err=True)
        raise click.exceptions.Exit(130) from None


def _under_way(client: "RestClient", job: str) -> str:
    """`savepoint 7: 3 of 4 subtasks have acknowledged`, else the job's state, and what it waits for."""
    for entry in client.checkpoints(job)["history"]:
        if entry["status"] == "IN_PROGRESS":
            kind = "savepoint" if entry["is_savepoint"] else "checkpoint"
            done, of = entry["num_acknowledged_subtasks"], entry["num_subtasks"]
            return f"{kind} {entry['id']}: {done} of {of} subtasks have acknowledged"
    status, message = client.job_standing(job)
    return f"waiting: job {job} is {status}{f': {message}' if message else ''}"


def end_of(client: "RestClient", job: str, patience: float) -> str:
    """The state that a job which is being ended has come to within `patience` seconds."""
    import time

    deadline = time.monotonic() + patience
    while (state := client.job_status(job)) not in _TERMINAL and time.monotonic() < deadline:
        time.sleep(0.1)
    return state
