"""Libraries that not everybody needs: imported when a format is used."""

import importlib
from typing import Any


class MissingLibraryError(ImportError):
    """A format needs a library that is not installed here."""


def library(name: str, extra: str) -> Any:
    """The module. MissingLibraryError says how it is installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        package = name.partition(".")[0]
        raise MissingLibraryError(
            f"this format needs {package}, here and in every slot: pip install 'penstock[{extra}]' ({e})"
        ) from None


def arrow(module: str = "") -> Any:
    """`pyarrow`, or a module of it."""
    return library(f"pyarrow.{module}" if module else "pyarrow", "arrow")


def fastavro(module: str = "") -> Any:
    return library(f"fastavro.{module}" if module else "fastavro", "avro")
