"""The base of all functions that are classes. Source: `pyflink.datastream.functions.Function`."""

from abc import ABC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.datastream.functions import RuntimeContext


class Function(ABC):  # noqa: B024 (PyFlink's base is abstract, its methods are not)
    """Base of all functions that are classes."""

    def open(self, runtime_context: "RuntimeContext") -> None:  # noqa: B027
        """Called once in each subtask before the first record."""

    def close(self) -> None:  # noqa: B027
        """Called once in each subtask after the last record."""
