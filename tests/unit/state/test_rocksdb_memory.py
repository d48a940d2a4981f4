"""Managed memory: what RocksDB says it uses stays within a slot's share, over all databases of the process."""

import os
import random
import time
from typing import Any

import pytest

from penstock.client.config import Configuration
from penstock.runtime.task_factory import _state_backend
from penstock.state.selection import StateBackendChoice

pytest.importorskip("rocksdict")

BUDGET = 24 << 20


def write(backends: list[Any], total: int, seed: int) -> None:
    """So many bytes of values, spread over the databases, and reads between them."""
    numbers = random.Random(seed)
    tables = [backend.table("t", "value") for backend in backends]
    for n in range(total // 400):
        table = tables[n // 1_000 % len(tables)]
        table[numbers.randrange(50_000)] = os.urandom(400)
        if n % 10 == 0:
            table.get(numbers.randrange(50_000))


def in_buffers(backends: list[Any]) -> int:
    return sum(backend.database.property("rocksdb.cur-size-all-mem-tables") for backend in backends)


def test_all_databases_of_a_process_share_one_budget() -> None:
    from penstock.state.rocksdb.memory import shared_memory

    backends: list[Any] = [StateBackendChoice("rocksdb", memory=BUDGET).make(128) for _ in range(4)]
    shared, most = shared_memory(BUDGET), 0
    try:
        for step in range(6):
            write(backends, 8 << 20, step)
            # a flush that is under way has its buffer for a moment longer
            deadline = time.monotonic() + 30
            while shared.usage > BUDGET or in_buffers(backends) > BUDGET // 2:
                assert time.monotonic() < deadline, (shared.usage, in_buffers(backends))
                time.sleep(0.01)
            most = max(most, shared.usage)
        on_disk = sum(backend.database.property("rocksdb.total-sst-files-size") for backend in backends)
        assert on_disk > BUDGET > most > BUDGET // 6
    finally:
        for backend in backends:
            backend.close()


def test_without_a_budget_each_database_takes_its_own() -> None:
    backends: list[Any] = [StateBackendChoice("rocksdb").make(128) for _ in range(4)]
    try:
        write(backends, 32 << 20, 1)
        assert in_buffers(backends) > BUDGET
    finally:
        for backend in backends:
            backend.close()


def test_a_slot_has_its_part_of_the_managed_memory() -> None:
    def choice(**settings: str) -> StateBackendChoice:
        return _state_backend(Configuration({key.replace("_", "."): value for key, value in settings.items()}))

    assert choice().memory == 512 << 20
    assert (
        _state_backend(
            Configuration({"taskmanager.memory.managed.size": "100m", "taskmanager.numberOfTaskSlots": "4"})
        ).memory
        == 25 << 20
    )
    assert choice(state_backend_rocksdb_memory_managed="false").memory is None
