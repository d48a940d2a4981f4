"""Follows the jobs of a program to their ends: progress, the user's traceback, one verdict line for each."""

import contextlib
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click

from penstock.client.cli.user_program import run_user_program
from penstock.client.config import Configuration
from penstock.client.context import ProgramContext
from penstock.client.job_client import JobClient, JobExecutionError
from penstock.client.user_traceback import localized

if TYPE_CHECKING:
    from penstock.client.cli.progress import Progress


class JobsFailed(click.ClickException):
    """A job did not finish. Its verdict has been told."""

    def show(self, file: object = None) -> None:
        pass


class Follower:
    """The jobs a program has started, as they come. `out`: where their results go as lines of JSON; None: in words."""

    def __init__(self, context: ProgramContext, out: TextIO | None = None) -> None:
        self._context, self._out = context, out
        self._progress = _progress_of(context)
        context.on_submit = self._on_submit

    def _on_submit(self, client: JobClient) -> None:
        if self._context.addresses:
            if self._out is None:
                click.echo(f"Job {client.job_id} submitted")
            elif not self._context.attached:
                self._tell(job=client.job_id, state="SUBMITTED")
        if self._progress is not None:
            self._progress.watch(client.job_id)

    def verdicts(self) -> None:
        """Wait for every job and tell what became of it. JobsFailed: one did not finish."""
        outcomes = [self._verdict(client) for client in self._context.jobs]
        if not all(outcomes):
            raise JobsFailed("a job did not finish")

    def _verdict(self, client: JobClient) -> bool:
        try:
            took, state, error = client.result().net_runtime, "FINISHED", None
        except JobExecutionError as failure:
            took, state, error = failure.net_runtime, failure.state.value, failure
        totals = ""
        if self._progress is not None:
            self._progress.done(client.job_id)
            totals = self._progress.totals(client.job_id, took / 1000)
        if error is not None and state == "FAILED":
            sys.stderr.write((self._traceback(error).rstrip() or error.message) + "\n")
            sys.stderr.flush()
        if self._out is None:
            click.echo(f"Job {client.job_id} {state} in {took / 1000:.1f} s{totals}")
        else:
            self._tell(job=client.job_id, state=state, runtime=took, error=error.message if error else None)
        return state == "FINISHED"

    def _tell(self, **fields: object) -> None:
        click.echo(json.dumps(fields), file=self._out)

    def _traceback(self, error: JobExecutionError) -> str:
        folder = self._context.folder
        return localized(error.traceback, folder) if folder is not None else error.traceback

    def detach(self) -> None:
        """Ctrl-C: say how to come back to the jobs, which go on."""
        where = ",".join(address.partition("://")[2] for address in self._context.addresses)
        for client in self._context.jobs:
            click.echo(f"\ndetached: job {client.job_id} goes on", err=True)
            click.echo(f"       `penstock cancel -m {where} {client.job_id}` ends it", err=True)

    def close(self) -> None:
        """End the progress display."""
        if self._progress is not None:
            self._progress.close()


def _progress_of(context: ProgramContext) -> "Progress | None":
    if not (context.attached and context.addresses):
        return None
    from penstock.client.cli.progress import Progress  # late: a local run loads no HTTP client

    return Progress(context.addresses, Configuration(context.configuration))


def follow(program: str, args: Sequence[str], context: ProgramContext, as_json: bool = False) -> None:
    """Run the program and, attached, follow its jobs. Raises JobsFailed, or what the program raised.

    `as_json`: stdout has a line for each job and nothing else.
    """
    if not as_json:
        _follow(program, args, context, Follower(context))
        return
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        _follow(program, args, context, Follower(context, out))


def _follow(program: str, args: Sequence[str], context: ProgramContext, follower: Follower) -> None:
    try:
        try:
            run_user_program(program, args, context)
        except JobExecutionError:
            if not context.jobs:
                raise
        if not context.jobs:
            from penstock.client.cli.failure import CommandFailed

            raise CommandFailed(f"{program} started no job: it never came to execute()", "call env.execute() in it")
        if context.attached:
            follower.verdicts()
    except KeyboardInterrupt:
        if not context.addresses:
            raise
        follower.detach()
        raise click.exceptions.Exit(130) from None
    finally:
        follower.close()
