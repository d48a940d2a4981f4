"""The portable form of keyed state: by key group a pickled {state name: (keys, values)}, the same for every backend.

A list state's value is a list, a map state's a dict; one with a time to live has `(value, last access)` in its place.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from penstock.state.pickling import TooLarge, dumps, dumps_within, loads

#: state name, how to find the key groups of keys, (key, value) of all there is
Source = tuple[str, Callable[[list[Any]], list[int]], Iterable[tuple[Any, Any]]]
Group = dict[str, list[tuple[Any, Any]]]
#: keys and values, pickled in three fifths of the time that pairs take
Columns = tuple[list[Any], list[Any]]

_MAX_REPR = 120


class StateNotPicklable(TypeError):  # noqa: N818 (a state of the world, as FunctionNotLoadable)
    """Names the operator, the state and the key."""


def grouped(sources: Iterable[Source]) -> dict[int, dict[str, Columns]]:
    """By key group, in the order of the sources."""
    groups: dict[int, dict[str, Columns]] = {}
    for name, groups_of, given in sources:
        entries = list(given)
        found: defaultdict[int, Columns] = defaultdict(lambda: ([], []))
        for group, (key, value) in zip(groups_of([entry[0] for entry in entries]), entries, strict=True):
            keys, values = found[group]
            keys.append(key)
            values.append(value)
        for group, columns in found.items():
            groups.setdefault(group, {})[name] = columns
    return groups


def pickled(
    operator: str, groups: dict[int, dict[str, Columns]], limit: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """(key group, its state), in order; each is given up when it was pickled.

    StateNotPicklable; TooLarge, where there is a limit, as soon as all together are longer.
    """
    for group in sorted(groups):
        state = _pickle(operator, groups.pop(group), limit)
        limit = None if limit is None else limit - len(state)
        yield group, state


def pickle_group(operator: str, states: Group) -> bytes:
    """The state of one key group. StateNotPicklable."""
    return _pickle(operator, {name: _columns(entries) for name, entries in states.items()}, None)


def read_group(state: bytes) -> Group:
    """The inverse of `pickle_group`."""
    return entries_of(loads(state))


def entries_of(found: dict[str, Columns | list[tuple[Any, Any]]]) -> Group:
    """What the pickled state of a key group says; former versions wrote pairs."""
    return {name: given if isinstance(given, list) else list(zip(*given, strict=True)) for name, given in found.items()}


def _pickle(operator: str, states: dict[str, Columns], limit: int | None) -> bytes:
    try:
        return dumps(states) if limit is None else dumps_within(states, limit)
    except TooLarge:
        raise
    except Exception as e:
        raise _blame(operator, states, e) from None


def _columns(entries: list[tuple[Any, Any]]) -> Columns:
    return [key for key, _ in entries], [value for _, value in entries]


def pickle_value(operator: str, name: str, key: Any, value: Any) -> bytes:
    """One value. StateNotPicklable."""
    try:
        return dumps(value)
    except Exception as e:
        raise _not_picklable(operator, name, key, e) from None


def _blame(operator: str, states: dict[str, Columns], error: Exception) -> StateNotPicklable:
    for name, columns in states.items():
        for key, value in zip(*columns, strict=True):
            try:
                dumps((key, value))
            except Exception as e:
                return _not_picklable(operator, name, key, e)
    return StateNotPicklable(f"operator {operator!r}: its state cannot be pickled: {_why(error)}")


def _not_picklable(operator: str, name: str, key: Any, error: Exception) -> StateNotPicklable:
    text = repr(key)
    shown = text if len(text) <= _MAX_REPR else text[:_MAX_REPR] + "…"
    return StateNotPicklable(
        f"operator {operator!r}: state {name!r} of key {shown} cannot be pickled: {_why(error)}. Keep in state only "
        "values that can be pickled; make connections, locks and files in open()"
    )


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
