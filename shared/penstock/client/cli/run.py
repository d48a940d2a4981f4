"""`penstock run`."""

from collections.abc import Sequence

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.options import address_option, configuration_of, setting_option
from penstock.client.cli.paths import absolute
from penstock.client.cli.program_arguments import ProgramCommand, chosen_program


@click.command("run", cls=ProgramCommand)
@address_option
@click.option("-d", "--detached", is_flag=True, help="Return once the job is submitted.")
@click.option("-p", "--parallelism", type=click.IntRange(1), help="Parallelism of the job where it sets none.")
@click.option(
    "-s", "--fromSavepoint", "savepoint", metavar="PATH", help="Start from this savepoint or retained checkpoint."
)
@click.option(
    "-n",
    "--allowNonRestoredState",
    "allow_non_restored",
    is_flag=True,
    help="Start though the savepoint has state of operators that the job does not have.",
)
@click.option(
    "-cm",
    "--claimMode",
    "claim_mode",
    type=click.Choice(["NO_CLAIM"], case_sensitive=False),
    help="As Flink's CLI takes it: a savepoint stays yours.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="A line of JSON for each job on stdout; what the program prints: stderr."
)
@setting_option
@click.option("-py", "--python", "python_file", metavar="FILE", help="The program, as Flink's CLI takes it.")
@click.option(
    "-pyfs", "--pyFiles", "python_files", metavar="PATH[,…]", help="Files and folders that travel with the job."
)
@click.option("-pyreq", "--pyRequirements", "requirements", metavar="FILE", help="requirements.txt of the job.")
@click.argument("arguments", metavar="PROGRAM [ARGS]…", nargs=-1, type=click.UNPROCESSED)
def run_command(
    addresses: str | None,
    detached: bool,
    parallelism: int | None,
    savepoint: str | None,
    allow_non_restored: bool,
    claim_mode: str | None,
    as_json: bool,
    settings: Sequence[str],
    python_file: str | None,
    python_files: str | None,
    requirements: str | None,
    arguments: Sequence[str],
) -> None:
    """Run PROGRAM with its ARGS.

    With -m, or rest.address in the configuration, its jobs are submitted to that cluster; without, they run in this
    process. With -s they start from a savepoint, in which operators are found again by their uid. Attached, the exit
    status is 0 only if every job ends FINISHED; Ctrl-C detaches.
    """
    from penstock.client.addresses import configured_addresses
    from penstock.client.cli.attached import follow
    from penstock.client.config import execution
    from penstock.client.config.options import checkpointing
    from penstock.client.context import ProgramContext

    program, args = chosen_program(python_file, arguments)
    configuration = configuration_of(
        settings,
        addresses,
        {
            execution.PARALLELISM.key: parallelism,
            execution.PYTHON_FILES.key: python_files,
            execution.PYTHON_REQUIREMENTS.key: requirements,
            checkpointing.RECOVERY_PATH.key: absolute(savepoint),
            checkpointing.IGNORE_UNCLAIMED.key: "true" if allow_non_restored else None,
        },
    )
    cluster = () if configuration.find(execution.TARGET) == "local" else configured_addresses(configuration)
    if detached and not cluster:
        raise CommandFailed("-d needs a cluster: without one the job lives in this process", "name one by -m HOST:PORT")
    context = ProgramContext(configuration=configuration.to_dict(), addresses=cluster, attached=not detached)
    follow(program, args, context, as_json)
