"""State as bytes. What `__main__` defines goes by name: a restored program brings its classes with it.

In a slot `__main__` is not the program's: its classes came by value with the operators that use them. `dumps` and
`loads` find them there, so that state written by one process, or by another version of the program, is of this
program's classes.
"""

import io
import pickle
import sys
from typing import Any


class StateClassNotFound(Exception):  # noqa: N818 (a state of the world, as FunctionNotLoadable)
    """State holds an object of a class that the program no longer has; names it."""


class TooLarge(Exception):  # noqa: N818 (an answer, not a fault)
    """A value that is longer, pickled, than it may be."""


def dumps(value: Any) -> bytes:
    """As pickle, and lambdas and local classes too. Whatever pickling raises."""
    try:
        return pickle.dumps(value, protocol=5)
    except Exception:  # a user's __reduce__ may raise anything; the other way says it again
        return _dump_by_value(value, io.BytesIO())


def dumps_within(value: Any, limit: int) -> bytes:
    """The same where that takes no more than about `limit` bytes; TooLarge as soon as it does."""
    file = _Limited(limit)
    try:
        pickle.Pickler(file, protocol=5).dump(value)
    except TooLarge:
        raise
    except Exception:
        return _dump_by_value(value, _Limited(limit))
    return file.getvalue()


def loads(data: bytes) -> Any:
    """The inverse. StateClassNotFound for a class of `__main__` that is gone; whatever unpickling raises."""
    try:
        return pickle.loads(data)
    except AttributeError:
        return _Unpickler(io.BytesIO(data)).load()


def class_of_main(qualified_name: str) -> Any:
    """A class, or what else has a name, of the program's main module. StateClassNotFound where there is none."""
    found: Any = sys.modules.get("__main__")
    for part in qualified_name.split("."):
        found = getattr(found, part, None)
    if found is not None:
        return found
    from cloudpickle import cloudpickle

    # the newest first: a slot may have had an earlier version of the program
    for known in reversed(list(cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.values())):
        if known.__module__ == "__main__" and known.__qualname__ == qualified_name:
            return known
    raise StateClassNotFound(
        f"state holds an object of the class {qualified_name!r} of the program's main module, which the program no "
        "longer defines or no function of it refers to: keep the class under its name, or move it to a module"
    )


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return class_of_main(name) if module == "__main__" else super().find_class(module, name)


class _Limited(io.BytesIO):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self._left = limit

    def write(self, data: Any) -> int:
        # the pickler writes frames of 64 KB
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        return super().write(data)


def _dump_by_value(value: Any, file: io.BytesIO) -> bytes:
    import cloudpickle  # only here: most state never needs it

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, type) and obj.__module__ == "__main__":
                return class_of_main, (obj.__qualname__,)
            return super().reducer_override(obj)

    Pickler(file, protocol=5).dump(value)
    return file.getvalue()
