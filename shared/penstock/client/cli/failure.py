"""How an error is told: what is wrong, then what to do; a traceback only where `--debug` asks for it."""

import sys

import click

_TELLING = (
    "ConfigurationError",
    "ClusterError",
    "ClusterUnreachable",
    "RestError",
    "ProgramError",
    "PackagingError",
    "CheckpointStorageError",
)


class CommandFailed(click.ClickException):
    """An error with a hint below it; exit status 1."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def show(self, file: object = None) -> None:
        say_error(self.message, self.hint)


def say_error(message: str, hint: str = "") -> None:
    """Two lines on stderr: `error: …` and the hint."""
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"       {hint}", err=True)


def report_usage(error: click.UsageError) -> None:
    """A command that was put wrongly."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    where = error.ctx.command_path if error.ctx is not None else "penstock"
    # click words several choices as lines of a list
    message = " ".join(line.strip() for line in error.format_message().splitlines())
    say_error(message.rstrip("."), f"`{where} --help` shows what it takes")


def is_telling(error: Exception) -> bool:
    """Whether an error of ours says all there is to say. By name: their modules are loaded by who raises them."""
    return any(kind.__name__ in _TELLING for kind in type(error).__mro__)


def report(error: Exception, debug: bool) -> None:
    """An exception that ended a command."""
    if debug:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    telling = is_telling(error)
    text = str(error) if telling or isinstance(error, ValueError | OSError) else f"{type(error).__name__}: {error}"
    if telling:
        say_error(*_in_two(text))
    else:
        say_error(text, "" if debug else "`penstock --debug …` shows where it comes from")


def _in_two(text: str) -> tuple[str, str]:
    """What is wrong, and what to do: they are parted by the last semicolon of a telling error."""
    message, parted, advice = text.rpartition("; ")
    return (message, advice) if parted and "\n" not in advice else (text, "")
