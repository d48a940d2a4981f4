"""`penstock sign`."""

from collections.abc import Sequence

import click

from penstock.client.cli.failure import CommandFailed
from penstock.client.cli.options import configuration_of, setting_option
from penstock.client.cli.waiting import json_option, told


@click.command("sign")
@click.argument("path")
@click.option(
    "--secret-of",
    metavar="DIR",
    type=click.Path(file_okay=False, exists=True),
    help="Sign for the local cluster in this folder (`penstock cluster start --dir`).",
)
@json_option
@setting_option
def sign_command(path: str, secret_of: str | None, as_json: bool, settings: Sequence[str]) -> None:
    """Sign the checkpoint or savepoint at PATH with the cluster secret, so that the cluster restores it.

    For one that was written before there was a secret, or by a cluster whose secret is in penstock.secret.trusted.
    Restoring state runs code that stands in it: sign only what you know to be good. The secret is that of
    penstock.secret in the configuration.
    """
    from pathlib import Path

    from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
    from penstock.checkpoint.resigning import sign
    from penstock.checkpoint.stored_files import StoredFiles
    from penstock.client.cluster.folder import ClusterFolder

    configuration = configuration_of(settings)
    if secret_of is not None:
        cluster = ClusterFolder(Path(secret_of)).load()
        if cluster is None:
            raise CommandFailed(f"no cluster was ever started in {secret_of}", "name its folder by --secret-of")
        configuration = configuration.with_overrides(
            {key: value for key, value in cluster.configuration.items() if key.startswith("penstock.secret")}
        )
    try:
        where, before = sign(StoredFiles(configuration), path)
    except CheckpointUnusable as error:
        raise CommandFailed(str(error), "it was not signed") from None
    except CheckpointStorageError as error:
        raise CommandFailed(str(error), "credentials are read from the configuration: -D s3.access-key=…") from None
    except ValueError as error:
        raise CommandFailed(str(error), "penstock.secret in conf/config.yaml, or --secret-of DIR") from None
    told(as_json, {"path": where, "before": before}, f"signed {where} (it was signed by {before})")
