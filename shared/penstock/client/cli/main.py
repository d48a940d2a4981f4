"""The `penstock` command: its subcommands, and how an error ends it."""

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from penstock.client.cli.failure import report, report_usage

#: name -> (module, short help); a module is imported when its command is used
_COMMANDS = {
    "run": ("run", "Run a program: on a cluster with -m, else in this process."),
    "list": ("jobs", "List the jobs of a cluster."),
    "cancel": ("jobs", "Cancel a job."),
    "stop": ("savepoints", "Stop a job with a savepoint."),
    "savepoint": ("savepoints", "Take a savepoint of a job, or remove one."),
    "checkpoint": ("savepoints", "Take a checkpoint of a job now."),
    "checkpoints": ("checkpoints", "Show the checkpoints of a job."),
    "rescale": ("savepoints", "Let a job go on at another parallelism."),
    "tap": ("tap", "Show the records that pass on an edge of a running job."),
    "inspect": ("inspect", "Show what a checkpoint or savepoint consists of."),
    "sign": ("sign", "Sign a checkpoint or savepoint for a cluster with a secret."),
    "info": ("info", "Print the plan of a program as JSON, without running it."),
    "logs": ("logs", "Show and follow the logs of a cluster's processes."),
    "metrics": ("metrics", "Show what a job, its vertices and operators measure."),
    "completion": ("completion", "Print what lets a shell complete penstock's commands."),
    "cluster": ("local_cluster", "Start, look at and stop a cluster of local processes."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used: `penstock --help` has to be quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"penstock.client.cli.{_COMMANDS[name][0]}"), f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"penstock {version('penstock')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
def cli(debug: bool) -> None:
    """Stateful stream processing with Flink's architecture and PyFlink's API, on Redis and Celery."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Entry point; ends the process. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments[:1] or bool(os.environ.get("PENSTOCK_DEBUG"))
    try:
        # outside of standalone mode click returns the status of an Exit
        sys.exit(cli.main(arguments, prog_name="penstock", standalone_mode=False) or 0)
    except click.UsageError as error:
        report_usage(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # the reader has gone, as in `penstock list | head -1`: nothing is left to say, at exit neither
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        report(error, debug)
        sys.exit(1)
