"""Runs the user's program, and tells the user's own errors as Python would: his traceback first."""

import sys
import traceback
from collections.abc import Sequence

import click

from penstock.client.cli.failure import is_telling
from penstock.client.context import ProgramContext
from penstock.client.job_client import JobExecutionError
from penstock.client.program import run_program, user_traceback
from penstock.client.program_error import RemoteProgramError


class UserProgramFailed(click.ClickException):
    """The program raised; its traceback has been shown. `show` adds the one line that names it."""

    def show(self, file: object = None) -> None:
        click.echo(f"error: {self.message}", err=True)


def run_user_program(program: str, args: Sequence[str], context: ProgramContext) -> None:
    """Run it under `context`. JobExecutionError passes; of other errors the program's traceback is shown first."""
    try:
        run_program(program, args, context)
    except JobExecutionError:
        raise
    except SystemExit as error:
        if error.code not in (None, 0):
            if isinstance(error.code, str):
                click.echo(error.code, err=True)
            raise UserExit(error.code if isinstance(error.code, int) else 1) from None
    except RemoteProgramError as error:
        sys.stderr.write(error.traceback.rstrip() + "\n")
        raise UserProgramFailed(str(error)) from None
    except SyntaxError as error:
        traceback.print_exception(type(error), error, None, file=sys.stderr)
        raise UserProgramFailed(f"{program} is not valid Python") from None
    except Exception as error:
        if is_telling(error):
            raise
        sys.stderr.write(user_traceback(error, program))
        raise UserProgramFailed(f"{program} raised {type(error).__name__}") from None


class UserExit(click.exceptions.Exit):
    """The program ended itself by sys.exit."""
