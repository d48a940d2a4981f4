"""Polls a reader that has a thread behind it."""

import time
from collections.abc import Callable
from typing import Any

from penstock.exchange.elements import RecordBatch
from penstock.operators.specs import ReaderContext, SourceReader

PATIENCE = 30.0


def started(source: Any, parallelism: int = 1, subtask: int = 0) -> SourceReader:
    """A reader with its share of the enumerated splits."""
    reader: SourceReader = source.create_reader(ReaderContext(subtask, parallelism))
    reader.add_splits(source.enumerate_splits(parallelism)[subtask::parallelism])
    return reader


def restored(source: Any, splits: list[Any]) -> SourceReader:
    reader: SourceReader = source.create_reader(ReaderContext(0, 1))
    reader.add_splits(splits)
    return reader


def poll(reader: Any, most: int = 100) -> RecordBatch | None:
    """The next batch that is not empty; None at the end."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        batch: RecordBatch | None = reader.poll(most)
        if batch is None or batch:
            return batch
        time.sleep(0.002)
    raise AssertionError(f"nothing came in {PATIENCE} s")


def take(reader: Any, count: int, most: int = 100) -> list[Any]:
    """Exactly that many records."""
    values: list[Any] = []
    while len(values) < count:
        batch = poll(reader, min(most, count - len(values)))
        assert batch is not None, f"ended after {values}"
        values += batch.values
    return values


def until(condition: Callable[[], bool], what: str) -> None:
    """Waits for what another thread brings about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.002)


def to_the_end(reader: Any) -> list[Any]:
    """All records of a bounded reader, which is closed."""
    values: list[Any] = []
    try:
        while (batch := poll(reader)) is not None:
            values += batch.values
    finally:
        reader.close()
    return values
