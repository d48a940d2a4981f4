"""The JOB of a command, and what the cluster says of it where it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from penstock.client.cli.failure import CommandFailed

job_argument = click.argument("job", metavar="JOB")


def is_job_id(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def checked_job_id(text: str) -> str:
    """CommandFailed: not a job id."""
    if not is_job_id(text):
        raise CommandFailed(f"{text!r} is no job id: 32 hexadecimal digits", "`penstock list` shows the ids")
    return text


@contextmanager
def of_job(job: str, directory_hint: str = "") -> Iterator[None]:
    """CommandFailed where the cluster answers that there is no such job, that it has ended, or that it will not.

    `directory_hint`: how this command names a directory for savepoints, where neither job nor cluster has one.
    """
    from penstock.client.job_operations import OperationFailed
    from penstock.client.rest_client import RestError

    try:
        yield
    except OperationFailed as error:
        first, _, rest = str(error).partition("\n")
        hint = rest.strip().partition("\n")[0] or f"`penstock checkpoints {job}` shows what became of it"
        raise CommandFailed(first, hint) from error
    except RestError as error:
        if error.status == 404:
            raise CommandFailed(f"the cluster has no job {job}", "`penstock list -a` shows all") from None
        if error.status == 409:
            raise CommandFailed(_decapitalized(str(error)), "`penstock list -a` shows all") from None
        if directory_hint and "execution.checkpointing.savepoint-dir" in str(error):
            raise CommandFailed(
                "there is no directory for savepoints: execution.checkpointing.savepoint-dir is not set", directory_hint
            ) from None
        raise


def _decapitalized(text: str) -> str:
    return text[:1].lower() + text[1:]
