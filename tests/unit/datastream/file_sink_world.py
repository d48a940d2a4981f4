"""A FileSink driven by hand as SinkOperator and the JobMaster do it: checkpoints, notifications, crashes, rescaling."""

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from penstock.datastream.connectors import FileSink
from penstock.datastream.connectors.file_system.file_writer import Committable, FileWriter
from penstock.datastream.connectors.file_system.part_writing import BulkPart
from penstock.operators.specs import WriterContext


@dataclass(frozen=True)
class Snapshot:
    """Of all subtasks: writer states, one list a subtask, and what is not known to be committed."""

    states: list[list[Any]]
    uncommitted: list[list[Committable]]
    records: tuple[str, ...]  #: all that were written before


class Clock:
    def __init__(self) -> None:
        self.now = 1_600_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """Records are numbers; those behind the restored checkpoint are written again, as its source would have it."""

    def __init__(
        self, sink: FileSink, parallelism: int = 1, job_id: str = "job", make: Callable[[int], Any] = str
    ) -> None:
        """`make`: the record of a number."""
        self.make = make
        self.sink, self.parallelism, self.job_id = sink, parallelism, job_id
        self.clock = Clock()
        self.attempt = 0
        self.records: list[str] = []
        self.next = 0
        self.completed: Snapshot | None = None
        self.announced = True
        self.zombies: list[FileWriter] = []
        self.writers = self._writers(None)

    def _writers(self, snapshot: Snapshot | None) -> list[FileWriter]:
        shared: list[list[Any]] = [[] for _ in range(self.parallelism)]
        if snapshot is not None:
            for committables in snapshot.uncommitted:
                self.sink.commit(committables)
            for number, states in enumerate(snapshot.states):
                shared[number % self.parallelism] += pickle.loads(pickle.dumps(states))
        context = WriterContext(
            0,
            self.attempt,
            self.parallelism,
            self.job_id,
            "sink",
            checkpointing=True,
            is_restored=snapshot is not None,
        )
        return [
            FileWriter(self.sink, replace(context, subtask=n, restored=states), self.clock)
            for n, states in enumerate(shared)
        ]

    def write(self, count: int) -> None:
        for _ in range(count):
            record = f"{self.next}"
            self.writers[self.next % self.parallelism].write([self.make(self.next)])
            self.records.append(record)
            self.next += 1

    def checkpoint(self) -> Snapshot:
        """All parts of it; not complete yet."""
        carried = [] if self.announced or self.completed is None else self.completed.uncommitted
        uncommitted = []
        states = []
        for number, writer in enumerate(self.writers):
            writer.flush()
            before = carried[number] if number < len(carried) else []
            uncommitted.append([*before, *writer.prepare_commit()])
            states.append(writer.snapshot())
        return pickle.loads(pickle.dumps(Snapshot(states, uncommitted, tuple(self.records))))

    def complete(self, snapshot: Snapshot) -> None:
        self.completed, self.announced = snapshot, False

    def announce(self, limit: int | None = None) -> None:
        """Commit; with a limit, only so many committables, as a process does that is killed meanwhile."""
        if self.completed is None or self.announced:
            return
        committables = [c for of_subtask in self.completed.uncommitted for c in of_subtask]
        self.sink.commit(committables[:limit])
        self.announced = limit is None

    def crash(self, parallelism: int | None = None, closes: bool = False, zombie: bool = False) -> None:
        """Go on from the newest complete checkpoint."""
        if zombie:
            self.zombies += self.writers
        else:
            for writer in self.writers:
                if closes:
                    writer.close()
                else:
                    abandon(writer)
        self.attempt += 1
        self.parallelism = parallelism or self.parallelism
        snapshot = self.completed
        self.records = [] if snapshot is None else list(snapshot.records)
        self.next = len(self.records)
        self.writers = self._writers(snapshot)
        if snapshot is not None:
            # what it lists is committed, and every later checkpoint is of these writers
            self.announced = True

    def end(self) -> None:
        for writer in self.writers:
            writer.end_input()
        self.complete(self.checkpoint())
        self.announce()
        for writer in self.writers:
            writer.close()

    def leave(self) -> None:
        for writer in [*self.writers, *self.zombies]:
            abandon(writer)

    def zombies_write(self) -> None:
        """Subtasks that do not know yet that they are dead."""
        for writer in self.zombies:
            writer.write(["zombie"] * 50)
            writer.flush()


def abandon(writer: FileWriter) -> None:
    """What the system does with the files of a killed process: what Python has not written out is lost."""
    for bucket in writer._buckets.values():
        if bucket.part is not None:
            file = bucket.part._file
            if isinstance(bucket.part, BulkPart):
                bucket.part._writer.abandon()
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), file.fileno())
            file.close()
    writer._buckets = {}


def published(folder: Path, read: Callable[[Path], list[str]] = lambda p: p.read_text().splitlines()) -> list[str]:
    """The records of all files that a reader would see."""
    paths = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith((".", "_"))]
    return sorted((line for path in paths for line in read(path)), key=int)


def hidden(folder: Path) -> list[Path]:
    return [p for p in folder.rglob(".*") if p.is_file()]
