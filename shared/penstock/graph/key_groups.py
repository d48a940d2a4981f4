"""Key -> key group -> subtask, as in Flink's `KeyGroupRangeAssignment`; stable across processes and Python versions."""

import contextlib
import datetime
import enum
import numbers
from collections.abc import Sequence
from typing import Any

import xxhash

DEFAULT_LOWER_BOUND_MAX_PARALLELISM = 128
UPPER_BOUND_MAX_PARALLELISM = 1 << 15
#: `stable_hash` of text, which is to be encoded: for loops over many keys
text_hash = xxhash.xxh3_64_intdigest


def stable_hash(key: Any) -> int:
    """A 64-bit hash that is the same in every process (never `hash()`: str hashes are salted).

    Equal keys hash equally, as dict lookup demands: across numeric types (1 == 1.0 == True == Decimal("1.0")), and
    objects by class and pickled state, whose parts count by value too (pickled bytes would also tell shared parts from
    equal ones). TypeError for an object that cannot be pickled.
    """
    match key:
        case str():
            return text_hash(key.encode("utf-8", "surrogatepass"))
        case bytes():
            return xxhash.xxh3_64_intdigest(key, seed=1)
        case bool() | int():
            return xxhash.xxh3_64_intdigest(b"%d" % key, seed=2)
        case float():
            return (
                stable_hash(int(key))
                if key.is_integer()
                else xxhash.xxh3_64_intdigest(float.__repr__(key).encode(), seed=3)
            )
        case None:
            return xxhash.xxh3_64_intdigest(b"", seed=4)
        case tuple() | list():
            return xxhash.xxh3_64_intdigest(b"".join(stable_hash(k).to_bytes(8, "little") for k in key), seed=5)
        case frozenset() | set():
            return xxhash.xxh3_64_intdigest(b"".join(sorted(stable_hash(k).to_bytes(8, "little") for k in key)), seed=6)
        case _:
            return _hash_of_object(key)


def _hash_of_object(key: Any) -> int:
    match key:
        case numbers.Number():
            return _hash_of_number(key)
        case dict():
            return stable_hash(("dict", sorted(stable_hash(item) for item in key.items())))
        case type():
            return stable_hash(("type", key.__module__, key.__qualname__))
        case enum.Enum():
            return stable_hash((type(key), key.name))
        case datetime.datetime() if key.utcoffset() is not None:
            return stable_hash(("instant", key.astimezone(datetime.UTC).isoformat()))
        case _ if callable(key) and hasattr(key, "__qualname__"):
            return stable_hash(("function", key.__module__, key.__qualname__))
    reduced = key.__reduce_ex__(5)
    if isinstance(reduced, str):
        return stable_hash(("global", type(key), reduced))
    make, arguments, *rest = reduced[:5]
    # state, then iterators over items: what a container or a dict adds
    return stable_hash((make, arguments, *[part if i == 0 else tuple(part or ()) for i, part in enumerate(rest)]))


def _hash_of_number(key: Any) -> int:
    for builtin in (int, float):
        try:
            plain = builtin(key)
        except (TypeError, ValueError, OverflowError):
            continue  # a complex number, not a number, infinite
        if plain == key:
            return stable_hash(plain)
    # hash() of a number is not salted, and the same for all equal numbers
    return stable_hash(("number", hash(key)))


def key_group(key: Any, max_parallelism: int) -> int:
    """The key group of a key: 0 <= group < max_parallelism."""
    return stable_hash(key) % max_parallelism


def key_groups(keys: Sequence[Any], max_parallelism: int) -> list[int]:
    """The key group of each key."""
    if set(map(type, keys)) == {str}:
        with contextlib.suppress(UnicodeEncodeError):
            return [text_hash(key.encode()) % max_parallelism for key in keys]
    return [key_group(key, max_parallelism) for key in keys]


def subtask_of(group: int, parallelism: int, max_parallelism: int) -> int:
    """The subtask that owns a key group."""
    return group * parallelism // max_parallelism


def key_group_range(subtask: int, parallelism: int, max_parallelism: int) -> range:
    """The contiguous key groups a subtask owns."""
    start = -(-subtask * max_parallelism // parallelism)
    return range(start, -(-(subtask + 1) * max_parallelism // parallelism))


def default_max_parallelism(parallelism: int) -> int:
    """Flink's default: 1.5 x parallelism rounded up to a power of two, within [128, 32768]."""
    wanted = parallelism + parallelism // 2
    power = 1 << max(0, wanted - 1).bit_length()
    return min(max(power, DEFAULT_LOWER_BOUND_MAX_PARALLELISM), UPPER_BOUND_MAX_PARALLELISM)
