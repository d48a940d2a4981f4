"""The JOB of a command, and what the cluster says of it where it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.shell_completion import CompletionItem

from penstock.client.cli.failure import CommandFailed


def complete_job(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Ids of jobs, for a shell: of the cluster that was named so far. A cluster that does not answer has none."""
    from penstock.client.cli.options import configuration_of, rest_client
    from penstock.client.config import rest

    impatient = {rest.RETRY_ATTEMPTS.key: 1, rest.RETRY_DELAY.key: "1 ms", rest.CONNECTION_TIMEOUT.key: "1 s"}
    try:
        configuration = configuration_of((), context.params.get("addresses"), impatient)
        with rest_client(configuration) as client:
            jobs = client.jobs_overview()
    except Exception:
        return []  # a shell has no place for errors
    return [
        CompletionItem(job["jid"], help=f"{job['name']} {job['state']}") for job in jobs if job["jid"].startswith(begun)
    ]


job_argument = click.argument("job", metavar="JOB", shell_complete=complete_job)


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
