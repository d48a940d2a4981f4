"""The pool of uploads: what is told to whom, and that nothing is freed twice or never."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.runtime.uploads import THREADS, SubtaskPart, UploadPool
from penstock.state.snapshot import OperatorSnapshot


class Keyed:
    states: Any = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.released = 0

    def groups(self) -> Any:
        return iter(())

    def native(self) -> None:
        return None

    def release(self) -> None:
        self.released += 1


class Writer:
    def __init__(self) -> None:
        self.gate = threading.Event()
        self.discarded: list[int] = []
        self.error: Exception | None = None
        self.writing = 0

    def write(self, part: SubtaskPart, cancelled: Callable[[], bool]) -> SubtaskState:
        try:
            self.writing += 1
            assert self.gate.wait(30)
            if self.error is not None:
                raise self.error
            return SubtaskState(size=part.checkpoint)
        finally:
            part.release()

    def discard(self, part: SubtaskPart, state: SubtaskState) -> None:
        self.discarded.append(part.checkpoint)


def part(checkpoint: int = 1) -> tuple[SubtaskPart, Keyed]:
    keyed = Keyed()
    options = CheckpointOptions(directory="d")
    return SubtaskPart(checkpoint, options, "v", 0, 0, {"o": OperatorSnapshot(keyed)}, None, False), keyed


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_done_failed_and_cancelled_parts() -> None:
    writer, done, failed = Writer(), list[int](), list[Exception]()
    pool = UploadPool(lambda: writer)
    told = (lambda state, seconds: done.append(state.size)), failed.append
    first, keyed = part(1)
    pool.submit(first, *told)
    writer.gate.set()
    until(lambda: done == [1])
    assert keyed.released == 1
    writer.error = OSError("full")
    second, keyed = part(2)
    pool.submit(second, *told)
    until(lambda: len(failed) == 1)
    assert keyed.released == 1 and str(failed[0]) == "full"
    writer.error = None
    writer.gate.clear()
    third, keyed = part(3)
    upload = pool.submit(third, *told)
    until(lambda: writer.writing == 3)
    pool.cancel(upload)
    writer.gate.set()
    until(lambda: writer.discarded == [3])
    assert done == [1] and len(failed) == 1 and keyed.released == 1
    # one that is written already
    fourth, _ = part(4)
    upload = pool.submit(fourth, *told)
    until(lambda: 4 in done)
    pool.cancel(upload)
    pool.cancel(upload)
    until(lambda: 4 in writer.discarded)
    pool.close(5)
    assert writer.discarded == [3, 4]


def test_one_that_was_cancelled_before_its_turn_is_only_freed() -> None:
    writer = Writer()
    pool = UploadPool(lambda: writer)
    for n in range(THREADS):
        pool.submit(part(n)[0], lambda *_: None, lambda _: None)
    until(lambda: writer.writing == THREADS)
    waiting, keyed = part(9)
    pool.cancel(pool.submit(waiting, lambda *_: None, lambda _: None))
    writer.gate.set()
    until(lambda: keyed.released == 1)
    pool.close(5)
    assert writer.writing == THREADS and writer.discarded == []


def test_a_storage_that_is_not_there_is_the_callers_error() -> None:
    def make() -> Writer:
        raise ValueError("set execution.checkpointing.dir")

    pool = UploadPool(make)
    snapshot, keyed = part()
    with pytest.raises(ValueError, match="set execution"):
        pool.submit(snapshot, lambda *_: None, lambda _: None)
    assert keyed.released == 0, "it is the caller's to free"
    pool.close(1)


def test_a_hanging_upload_holds_nobody_up() -> None:
    writer = Writer()
    pool = UploadPool(lambda: writer)
    pool.submit(part()[0], lambda *_: None, lambda _: None)
    until(lambda: writer.writing == 1)
    pool.close(0.05)
    writer.gate.set()
