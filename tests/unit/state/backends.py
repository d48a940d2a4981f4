"""Every backend, with a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from penstock.operators.registry import SubtaskInfo
from penstock.runtime.runtime_context import SubtaskRuntimeContext
from penstock.state import heap_snapshot
from penstock.state.backend import KeyedStateBackend
from penstock.state.forked_snapshot import can_fork
from penstock.state.hash_map import HashMapKeyedStateBackend

KINDS = ["hashmap", "rocksdb"]
#: the hash map, with snapshots that a forked process pickles, in pieces that mix the key groups
FORKED = "hashmap, forked"
FORMS = [*KINDS, *([FORKED] if can_fork() else [])]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@contextmanager
def backend_of(kind: str, clock: Clock | None = None) -> Iterator[KeyedStateBackend]:
    """A backend whose current key is "a"."""
    backend: KeyedStateBackend
    if kind == "hashmap":
        backend = HashMapKeyedStateBackend(128, clock or Clock())
    elif kind == FORKED:
        with patch.object(heap_snapshot, "AT_ONCE_ENTRIES", 0):
            backend = HashMapKeyedStateBackend(128, clock or Clock())
    else:
        pytest.importorskip("rocksdict")
        from penstock.state.rocksdb.backend import RocksDBKeyedStateBackend

        backend = RocksDBKeyedStateBackend(128, clock or Clock())
    backend.key = "a"
    try:
        yield backend
    finally:
        backend.close()


def context_of(backend: KeyedStateBackend | None) -> SubtaskRuntimeContext:
    return SubtaskRuntimeContext(SubtaskInfo("0" * 32, "job", "task", 0, 1, 128), backend)


def count(backend: KeyedStateBackend) -> int:
    """Entries as a snapshot would hold them, elements of lists and maps each."""
    total = 0
    for _, _, value in backend.entries():
        total += len(value) if isinstance(value, (list, dict)) else 1
    return total


def content(backend: KeyedStateBackend) -> dict[tuple[str, Any], Any]:
    return {(name, key): value for name, key, value in backend.entries()}
