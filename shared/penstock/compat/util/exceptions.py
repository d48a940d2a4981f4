"""PyFlink's exceptions, so that `except` clauses of programs resolve. Source: `pyflink.util.exceptions`."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class JavaException(Exception):  # noqa: N818 (PyFlink's names, here and below)
    """What the JVM raised. Penstock raises its own errors: `JobExecutionError` for a job that failed."""

    def __init__(self, stack_trace: str) -> None:
        super().__init__(stack_trace)
        self._stack_trace = stack_trace

    def __str__(self) -> str:
        return self._stack_trace


class CatalogException(JavaException):
    """Of the Table API."""


class DatabaseAlreadyExistException(JavaException):
    """Of the Table API."""


class DatabaseNotEmptyException(JavaException):
    """Of the Table API."""


class DatabaseNotExistException(JavaException):
    """Of the Table API."""


class FunctionAlreadyExistException(JavaException):
    """Of the Table API."""


class FunctionNotExistException(JavaException):
    """Of the Table API."""


class ModelAlreadyExistException(JavaException):
    """Of the Table API."""


class ModelNotExistException(JavaException):
    """Of the Table API."""


class PartitionAlreadyExistsException(JavaException):
    """Of the Table API."""


class PartitionNotExistException(JavaException):
    """Of the Table API."""


class PartitionSpecInvalidException(JavaException):
    """Of the Table API."""


class TableAlreadyExistException(JavaException):
    """Of the Table API."""


class TableException(JavaException):
    """Of the Table API."""


class TableNotExistException(JavaException):
    """Of the Table API."""


class TableNotPartitionedException(JavaException):
    """Of the Table API."""


def capture_java_exception(f: F) -> F:
    """`f` itself: it calls no JVM whose exceptions had to be translated."""
    return f


def convert_py4j_exception(e: BaseException) -> JavaException:
    """The exception as a JavaException."""
    return JavaException(f"{type(e).__name__}: {e}")


def install_exception_handler() -> None:
    """Nothing has to be installed: there is no gateway that raises."""


def install_py4j_hooks() -> None:
    """Nothing has to be installed: there is no gateway that raises."""
