"""Checks of what a program passes in, where it passes it: the error then shows the program's line."""

from typing import Any

from penstock.common.typeinfo import TypeInformation, Types


def check_function(func: Any, base: type, method: str) -> Any:
    """A `base` (or any object with its method) or a callable. TypeError for anything else."""
    # a class is a callable like any other, as in `map(str)`, but a function's class is a forgotten ()
    is_forgotten = isinstance(func, type) and issubclass(func, base)
    if not is_forgotten and (callable(func) or callable(getattr(func, method, None))):
        return func
    hint = f": pass an instance, {func.__name__}()" if is_forgotten else f", not {func!r}"
    raise TypeError(f"The input must be a {base.__name__} or a callable function{hint}")


def check_type(type_info: TypeInformation | None) -> TypeInformation:
    """Pickled objects where no type is given. TypeError for what is no TypeInformation."""
    if type_info is None:
        return Types.PICKLED_BYTE_ARRAY()
    if not isinstance(type_info, TypeInformation):
        raise TypeError(f"a TypeInformation is needed, such as Types.STRING(), not {type_info!r}")
    return type_info


def check_position(position: Any) -> int | str:
    """Where a rolling aggregation finds its field. TypeError for what is neither an index nor a name."""
    if isinstance(position, bool) or not isinstance(position, (int, str)):
        raise TypeError(f"The position must be an int or the name of a field, not {position!r}")
    return position
