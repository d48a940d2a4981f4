"""Predicates for retry strategies. Source: `pyflink.datastream.async_retry_predicates`."""

from typing import Any


def empty_result_predicate(result: list[Any] | None) -> bool:
    """There is no result."""
    return result is None or len(result) == 0


def has_exception_predicate(error: BaseException | None) -> bool:
    """There is an exception."""
    return error is not None


def exception_type_predicate(error: BaseException | None, expected_error_type: type[BaseException]) -> bool:
    """The exception is of that type; for `functools.partial` or a lambda."""
    return isinstance(error, expected_error_type)
