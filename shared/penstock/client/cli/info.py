"""`penstock info`."""

import contextlib
import sys
from collections.abc import Sequence

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.options import configuration_of, setting_option
from penstock.client.cli.program_arguments import ProgramCommand, chosen_program


@click.command("info", cls=ProgramCommand)
@setting_option
@click.option("-p", "--parallelism", type=click.IntRange(1), help="Parallelism of the job where it sets none.")
@click.option("--json", "as_json", is_flag=True, help="On one line.")
@click.option("-py", "--python", "python_file", metavar="FILE", help="The program, as Flink's CLI takes it.")
@click.argument("arguments", metavar="PROGRAM [ARGS]…", nargs=-1, type=click.UNPROCESSED)
def info_command(
    settings: Sequence[str],
    parallelism: int | None,
    as_json: bool,
    python_file: str | None,
    arguments: Sequence[str],
) -> None:
    """Print the plan of PROGRAM's first job as JSON, without running it."""
    from penstock.client.cli.user_program import run_user_program
    from penstock.client.config import execution
    from penstock.client.context import ProgramContext

    program, args = chosen_program(python_file, arguments)
    configuration = configuration_of(settings, chosen={execution.PARALLELISM.key: parallelism})
    context = ProgramContext(configuration=configuration.to_dict(), plan_only=True)
    with contextlib.redirect_stdout(sys.stderr):  # what the program itself prints is no part of the plan
        run_user_program(program, args, context)
    if not context.plans:
        raise CommandFailed(f"{program} has no job: it never came to execute()", "call env.execute() in it")
    plan = context.plans[0]
    if as_json:
        import json

        plan = json.dumps(json.loads(plan))
    click.echo(plan)
