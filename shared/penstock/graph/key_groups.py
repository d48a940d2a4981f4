"""Key -> key group -> subtask, as in Flink's `KeyGroupRangeAssignment`; stable across processes and Python versions."""

import pickle
from typing import Any

import xxhash

DEFAULT_LOWER_BOUND_MAX_PARALLELISM = 128
UPPER_BOUND_MAX_PARALLELISM = 1 << 15


def stable_hash(key: Any) -> int:
    """A 64-bit hash that is the same in every process (never `hash()`: str hashes are salted).

    Equal keys hash equally across numeric types, as dict lookup demands (1 == 1.0 == True).
    """
    match key:
        case str():
            return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass"))
        case bytes():
            return xxhash.xxh3_64_intdigest(key, seed=1)
        case bool() | int():
            return xxhash.xxh3_64_intdigest(b"%d" % key, seed=2)
        case float():
            return stable_hash(int(key)) if key.is_integer() else xxhash.xxh3_64_intdigest(repr(key).encode(), seed=3)
        case None:
            return xxhash.xxh3_64_intdigest(b"", seed=4)
        case tuple() | list():
            return xxhash.xxh3_64_intdigest(b"".join(stable_hash(k).to_bytes(8, "little") for k in key), seed=5)
        case frozenset():
            return xxhash.xxh3_64_intdigest(b"".join(sorted(stable_hash(k).to_bytes(8, "little") for k in key)), seed=6)
        case _:
            return xxhash.xxh3_64_intdigest(pickle.dumps(key, protocol=5), seed=7)


def key_group(key: Any, max_parallelism: int) -> int:
    """The key group of a key: 0 <= group < max_parallelism."""
    return stable_hash(key) % max_parallelism


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
