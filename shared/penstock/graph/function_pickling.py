"""Pickling the user's functions, and saying which object is to blame where that fails.

What `__main__` defines travels by value; modules travel by name, as files of the job's package.
"""

import dataclasses
import io
import pickle
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MAX_REPR = 120


class UnpicklableFunctionError(pickle.PicklingError):
    """A function that cannot travel to a slot. The text names the operator, the function and the offending object."""


def pickle_function(operator: str, value: Any) -> bytes:
    """`value` (an operator's spec or a partitioner's) as cloudpickle writes it."""
    try:
        return _dumps(value)
    except Exception as e:  # a user's __reduce__ may raise anything
        # from None: the text has the cause, and frames of cloudpickle tell the user nothing
        raise UnpicklableFunctionError(_describe(operator, value, e)) from None


def _dumps(value: Any) -> bytes:
    import cloudpickle  # only here: a program that is merely imported must not pay for it

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """As cloudpickle's, but a function keeps the name of its file: tracebacks show it (it drops it since 3.1.3)."""

        dispatch_table = cloudpickle.Pickler.dispatch_table.new_child({types.CodeType: _reduce_code})

    file = io.BytesIO()
    Pickler(file, protocol=5).dump(value)
    return file.getvalue()


def _reduce_code(code: types.CodeType) -> tuple[Any, ...]:
    import cloudpickle

    make, arguments = cloudpickle.Pickler.dispatch_table[types.CodeType](code)
    return _code_of_file, (code.co_filename, make, arguments)


def _code_of_file(file_name: str, make: Any, arguments: tuple[Any, ...]) -> types.CodeType:
    code: types.CodeType = make(*arguments)
    return code.replace(co_filename=file_name)


def _describe(operator: str, value: Any, error: Exception) -> str:
    function, path, culprit = _blame(value, None, (), {id(value)})
    via = f" through {' of '.join(reversed(path))}" if path else ""
    text = repr(culprit)
    shown = text if len(text) <= _MAX_REPR else text[:_MAX_REPR] + "…"
    why = f"{type(error).__name__}: {error}"
    if not path:
        return f"operator {operator!r} cannot be sent to the cluster: {shown} cannot be pickled ({why})."
    return (
        f"operator {operator!r} cannot be sent to the cluster: {function or 'its function'} refers{via} to {shown}, "
        f"which cannot be pickled ({why}). Create such an object in open() of a rich function, or in the function "
        "itself."
    )


def _blame(
    value: Any, function: str | None, path: tuple[str, ...], seen: set[int]
) -> tuple[str | None, tuple[str, ...], Any]:
    """The innermost part that does not pickle: (the outermost function on the way, the way from there, the part)."""
    if function is None:
        function = _name_of(value)
        path = () if function else path
    for label, part in _parts(value):
        if id(part) not in seen and not _pickles(part):
            seen.add(id(part))
            return _blame(part, function, (*path, label) if function else (), seen)
    return function, path, value


def _pickles(value: Any) -> bool:
    try:
        _dumps(value)
    except Exception:
        return False
    return True


def _name_of(value: Any) -> str | None:
    """How to call a function in a message, None for what is no function and no object of a user's class."""
    if isinstance(value, types.MethodType):
        value = value.__func__
    if isinstance(value, types.FunctionType):
        place = f"{Path(value.__code__.co_filename).name}:{value.__code__.co_firstlineno}"
        return f"function {value.__qualname__} ({place})"
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("penstock."):
        return None
    if isinstance(value, (list, tuple, dict, set, frozenset, str, bytes, int, float, type(None))):
        return None
    return f"{type(value).__qualname__} object"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case types.FunctionType():
            yield from _parts_of_function(value)
        case types.MethodType():
            yield "its object", value.__self__
        case dict():
            for k, v in value.items():
                yield f"key {k!r}", v
        case list() | tuple() | set() | frozenset():
            for i, v in enumerate(value):
                yield f"element {i}", v
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for f in dataclasses.fields(value):
                yield f"field {f.name!r}", getattr(value, f.name)
        case _:
            for name, v in getattr(value, "__dict__", {}).items():
                yield f"attribute {name!r}", v
            if not isinstance(value, type):
                for name, v in vars(type(value)).items():
                    if isinstance(v, types.FunctionType):
                        yield f"method {name}", v


def _parts_of_function(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if cell.cell_contents is not function:
            yield f"variable {name!r}", cell.cell_contents
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield f"global {name!r}", function.__globals__[name]
    for i, v in enumerate(function.__defaults__ or ()):
        yield f"default {i}", v


def _global_names(code: types.CodeType) -> list[str]:
    inner = [name for c in code.co_consts if isinstance(c, types.CodeType) for name in _global_names(c)]
    return [*code.co_names, *inner]
