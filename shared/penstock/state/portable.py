"""The portable form of keyed state: pickled {state name: (keys, values)}, the same for every backend.

By key group; or, where there is little of it, in pieces that mix the key groups: to part the keys takes as long as all
else, and who restores can do it, if it has to. A list state's value is a list, a map state's a dict; one with a time to
live has `(value, last access)` in its place.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from penstock.graph.key_groups import key_groups
from penstock.state.pickling import TooLarge, dumps, dumps_within, loads
from penstock.state.window_namespace import is_of_window


class Source(NamedTuple):
    """A state, and all there is of it. `made`: how many entries do not lie there but are made one by one."""

    name: str
    given: dict[Any, Any] | Iterable[tuple[Any, Any]]
    made: int = 0


#: of a state by its name: the key groups of keys
GroupsOf = Callable[[str, list[Any]], list[int]]
Group = dict[str, list[tuple[Any, Any]]]
#: keys and values, pickled in three fifths of the time that pairs take
Columns = tuple[list[Any], list[Any]]

#: in the place of a key group: a piece with keys of all that its subtask has
MIXED = -1
#: bytes that are mixed at most; a rescaled job reads them in a quarter of a second, perhaps for a single key group
MOST_MIXED = 32 << 20
_PIECE, _PIECE_BYTES = 16_384, 4 << 20
_SAMPLE = 256  #: entries

_MAX_REPR = 120


class StateNotPicklable(TypeError):  # noqa: N818 (a state of the world, as FunctionNotLoadable)
    """Names the operator, the state and the key."""


def state_groups(name: str, keys: Sequence[Any], max_parallelism: int) -> list[int]:
    """The key groups with what a state has of these keys. TypeError for one that has none."""
    if is_of_window(name):  # (key, window): the key alone decides
        keys = [key for key, _ in keys]
    return key_groups(keys, max_parallelism)


def columns_of(sources: Iterable[Source]) -> dict[str, Columns]:
    """Of states in the order of the sources."""
    return {
        name: (list(given), list(given.values())) if isinstance(given, dict) else _columns(list(given))
        for name, given, _ in sources
    }


def grouped(columns: Mapping[str, Columns], groups_of: GroupsOf) -> dict[int, dict[str, Columns]]:
    """By key group."""
    groups: dict[int, dict[str, Columns]] = {}
    for name, (all_keys, all_values) in columns.items():
        found: defaultdict[int, Columns] = defaultdict(lambda: ([], []))
        for group, key, value in zip(groups_of(name, all_keys), all_keys, all_values, strict=True):
            keys, values = found[group]
            keys.append(key)
            values.append(value)
        for group, parted in found.items():
            groups.setdefault(group, {})[name] = parted
    return groups


def pickled_in_pieces(operator: str, sources: Iterable[Source], groups_of: GroupsOf) -> Iterator[tuple[int, bytes]]:
    """(MIXED, a piece) of all there is, where that is little, else as `pickled`. StateNotPicklable."""
    columns = columns_of(sources)
    if estimated(operator, columns, MOST_MIXED) > MOST_MIXED:
        yield from pickled(operator, grouped(columns, groups_of))
        return
    for name, (keys, values) in columns.items():
        yield from pieces(operator, name, keys, values, _PIECE, _PIECE_BYTES)


def pieces(
    operator: str, name: str, keys: list[Any], values: list[Any], entries: int, size: int
) -> Iterator[tuple[int, bytes]]:
    """(MIXED, a piece) of a state, each with so many entries at most, and about so many bytes, or a single entry.
    StateNotPicklable."""
    at, count = 0, entries
    while at < len(keys):
        piece = {name: (keys[at : at + count], values[at : at + count])}
        try:
            state = _pickle(operator, piece, size if count > 1 else None)
        except TooLarge:
            count = max(1, count // 4)
            continue
        yield MIXED, state
        at, count = at + count, min(2 * count, entries)


def estimated(operator: str, columns: Mapping[str, Columns], most: int) -> int:
    """Bytes it comes to when pickled, by a sample; something more than `most` as soon as it is more."""
    size = 0
    for name, (keys, values) in columns.items():
        step = max(1, len(keys) // _SAMPLE)
        size += step * dumped_size(operator, name, keys[::step], values[::step], (most - size) // step)
        if size > most:
            break
    return size


def dumped_size(operator: str, name: str, keys: list[Any], values: list[Any], most: int) -> int:
    """Bytes of these; more than `most` where it is more. StateNotPicklable."""
    most = max(most, 0)
    try:
        return len(_pickle(operator, {name: (keys, values)}, most))
    except TooLarge:
        return most + 1


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
