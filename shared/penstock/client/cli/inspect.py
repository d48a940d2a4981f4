"""`penstock inspect`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.options import configuration_of, setting_option

if TYPE_CHECKING:
    from penstock.checkpoint.metadata import CheckpointMetadata
    from penstock.checkpoint.stored_files import StoredFiles


@click.command("inspect")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="As JSON; entries as one JSON object a line.")
@click.option("--operator", metavar="UID|NAME|ID", help="Show the entries of this operator's state.")
@click.option("--state", metavar="NAME", help="Only this state of the operator.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Entries to show.")
@setting_option
def inspect_command(
    path: str, as_json: bool, operator: str | None, state: str | None, limit: int, settings: Sequence[str]
) -> None:
    """Show what the checkpoint or savepoint at PATH, a folder, file or URL, consists of.

    Every file is read and verified; the exit status is 1 where one is missing or damaged. Keys and values are shown
    also where the program that wrote them is not at hand.
    """
    from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
    from penstock.checkpoint.metadata_reading import read_metadata
    from penstock.checkpoint.stored_files import StoredFiles

    if state is not None and operator is None:
        raise CommandFailed("--state needs --operator", "`penstock inspect PATH` shows the operators and their states")
    files = StoredFiles(configuration_of(settings))
    try:
        metadata = read_metadata(files, path)
    except CheckpointUnusable as error:
        raise CommandFailed(str(error), "give the folder of a checkpoint (…/chk-7) or of a savepoint") from None
    except CheckpointStorageError as error:
        raise CommandFailed(str(error), "credentials are read from the configuration: -D s3.access-key=…") from None
    if operator is None:
        _show_summary(files, metadata, as_json)
    else:
        _show_entries(files, metadata, operator, state, limit, as_json)


def _show_summary(files: "StoredFiles", metadata: "CheckpointMetadata", as_json: bool) -> None:
    from penstock.checkpoint.inspection import summary
    from penstock.client.cli import inspection_view

    found = summary(files, metadata)
    if as_json:
        click.echo(inspection_view.summary_json(found))
    else:
        inspection_view.show(found)
    if found.problems:
        count = len(found.problems)
        parts = "a part is" if count == 1 else f"{count} parts are"
        raise CommandFailed(f"{parts} missing, damaged or unreadable", found.problems[0])


def _show_entries(
    files: "StoredFiles",
    metadata: "CheckpointMetadata",
    operator: str,
    state: str | None,
    limit: int,
    as_json: bool,
) -> None:
    from itertools import islice

    from penstock.checkpoint.inspection import entries
    from penstock.client.cli import inspection_view

    try:
        found = list(islice(entries(files, metadata, operator, state), limit + 1))
    except ValueError as error:
        raise CommandFailed(str(error), "`penstock inspect PATH` shows the operators and their states") from None
    if as_json:
        for entry in found[:limit]:
            click.echo(inspection_view.entry_json(entry))
    else:
        inspection_view.show_entries(found[:limit])
    if len(found) > limit:
        click.echo(f"the first {limit}; --limit shows more", err=True)
