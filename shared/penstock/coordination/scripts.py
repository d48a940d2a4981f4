"""The Lua scripts beside this module, sent by EVALSHA, and whole to a Redis that does not know them (any more)."""

from functools import cache
from importlib.resources import files
from typing import Any

import redis

Argument = bytes | str | int


@cache
def source(name: str) -> str:
    """The text of `lua/<name>.lua`. FileNotFoundError names a script that is not packaged."""
    return (files("penstock.coordination") / "lua" / f"{name}.lua").read_text("utf-8")


class Script:
    """One script bound to one client. Scripts are atomic: another client sees all of their effects, or none."""

    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client = client
        self._script = client.register_script(source(name))

    def __call__(self, keys: list[str], arguments: list[Argument]) -> Any:
        return self._script(keys=keys, args=arguments)
