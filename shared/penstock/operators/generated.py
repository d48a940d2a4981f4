"""Generated source made callable, and findable: tracebacks show its lines, and each line knows its operator."""

import linecache
from collections.abc import Callable
from types import CodeType
from typing import Any

#: the file name of every generated function starts so
FILE_PREFIX = "<penstock chain "

_operators: dict[str, dict[int, str]] = {}


def compile_function(
    name: str, source: str, names: dict[str, Any], file_name: str, operators: dict[int, str]
) -> Callable[..., None]:
    """The function `name` that `source` defines. `operators`: line number -> operator."""
    file_name = f"{FILE_PREFIX}{file_name}>"
    # without a time of last change linecache never drops it
    linecache.cache[file_name] = (len(source), None, source.splitlines(keepends=True), file_name)
    _operators[file_name] = operators
    code: CodeType = compile(source, file_name, "exec")
    namespace: dict[str, Any] = dict(names)
    exec(code, namespace)
    function: Callable[..., None] = namespace[name]
    return function


def operator_at(file_name: str, line: int) -> str | None:
    """The operator that a line of generated source belongs to."""
    return _operators.get(file_name, {}).get(line)


def forget(file_name: str) -> None:
    """Drop what `compile_function` registered under this name."""
    file_name = f"{FILE_PREFIX}{file_name}>"
    linecache.cache.pop(file_name, None)
    _operators.pop(file_name, None)
