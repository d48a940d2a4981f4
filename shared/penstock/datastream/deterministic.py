"""The decorator that declares a function deterministic. Not in PyFlink: see docs/task-local-failover.md."""

from functools import partial
from typing import Any, TypeVar

F = TypeVar("F")


def deterministic(function: F) -> F:
    """A function, or class of functions, that emits the same where it gets the same input in the same order: it neither
    asks the clock, random numbers or anything outside, nor the order of a set of objects.

    Its tasks may be restarted alone then, with `jobmanager.execution.failover-strategy: task`.
    """
    marked: Any = function
    try:
        marked.deterministic = True
    except (AttributeError, TypeError):  # a built-in function, such as str.upper
        marked = partial(marked)
        marked.deterministic = True
    declared: F = marked
    return declared
