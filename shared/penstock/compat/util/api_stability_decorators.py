"""Marks on an API: how stable it is. Source: `pyflink.util.api_stability_decorators`."""

import inspect
from typing import Any, TypeVar

__all__ = ["Deprecated", "Experimental", "Internal", "Public", "PublicEvolving"]

T = TypeVar("T")


class BaseAPIStabilityDecorator:
    """Writes a directive into the docstring of a class or function."""

    def get_directive(self, func_or_cls: Any) -> str:
        """The line for the docstring."""
        raise NotImplementedError(f"{type(self).__name__} has no directive")

    def __call__(self, func_or_cls: T) -> T:
        doc = inspect.cleandoc(func_or_cls.__doc__ or "")
        func_or_cls.__doc__ = f"{doc}\n\n{self.get_directive(func_or_cls)}\n".lstrip()
        return func_or_cls


class Deprecated(BaseAPIStabilityDecorator):
    """Will go away; `since` which version it is known."""

    def __init__(self, since: str, detail: str | None = None) -> None:
        self.since = since
        self.detail = detail

    def get_directive(self, func_or_cls: Any) -> str:
        return f".. deprecated:: {self.since}" + (f"\n   {self.detail}" if self.detail else "")


class _Note(BaseAPIStabilityDecorator):
    _text = ""

    def get_directive(self, func_or_cls: Any) -> str:
        return f".. note:: This {'class' if inspect.isclass(func_or_cls) else 'function'} {self._text}"


class Experimental(_Note):
    """May change or go at any time."""

    _text = "is experimental: it may change or go at any time."


class Internal(_Note):
    """Not for users."""

    _text = "is internal: it is not for users."


class PublicEvolving(_Note):
    """For users; may change between minor versions."""

    _text = "is evolving: it may change between minor versions."


class Public(_Note):
    """For users, and stable."""

    _text = "is public and stable."
