"""The user's functions: plain callables, or objects with Flink's method for the operator ("rich" functions)."""

from collections.abc import Callable
from typing import Any


class UserFunction:
    """What the fused loop calls, and the life cycle of the object behind it.

    `call` is the plain callable itself, or the bound method `method` of a rich function. TypeError where it is neither.
    """

    __slots__ = ("call", "is_rich", "target")

    def __init__(self, target: Any, method: str) -> None:
        bound = getattr(target, method, None)
        self.target = target
        self.is_rich = callable(bound) and not isinstance(target, type)
        if self.is_rich:
            assert bound is not None
            self.call: Callable[..., Any] = bound
        elif callable(target):
            self.call = target
        else:
            raise TypeError(f"{target!r} is neither callable nor has it a method {method}()")

    @property
    def identifier(self) -> str:
        """The function's own name as a word for generated source, "" for a lambda."""
        name = getattr(self.target, "__name__", None) or type(self.target).__name__
        return name if isinstance(name, str) and name.isidentifier() and name.isascii() else ""

    def open(self, context: Any) -> None:
        """`open(RuntimeContext)` of a rich function; plain callables have none."""
        self._life_cycle("open", context)

    def close(self) -> None:
        """`close()` of a rich function."""
        self._life_cycle("close")

    def _life_cycle(self, name: str, *arguments: Any) -> None:
        if self.is_rich:
            method = getattr(self.target, name, None)
            if method is not None:
                method(*arguments)
