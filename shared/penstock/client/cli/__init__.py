"""The command line: `penstock run | list | cancel | stop | …`. What is heavy is imported when it is used."""

from penstock.client.cli.main import main

__all__ = ["main"]
