"""A sink that keeps each word's newest count and no more, and leaves a summary by which runs are compared."""

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from word_functions import Pair

from penstock.operators.specs import WriterContext


def summary(updates: int, newest: Mapping[str, int]) -> dict[str, int]:
    """Updates seen, and a checksum over words and counts that does not depend on their order."""
    checksum = sum(zlib.crc32(f"{word},{count}".encode()) for word, count in newest.items())
    return {"updates": updates, "words": len(newest), "checksum": checksum}


def write_summary(folder: str, name: str, content: dict[str, int]) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


class CountingSink:
    """`folder`: where each subtask leaves its summary."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def create_writer(self, context: WriterContext) -> "CountingWriter":
        return CountingWriter(context.subtask)

    def commit(self, committables: Sequence[Any]) -> None:
        for subtask, content in committables:
            write_summary(self._folder, str(subtask), content)


class CountingWriter:
    """Two C calls a batch."""

    def __init__(self, subtask: int) -> None:
        self._subtask = subtask
        self._updates = 0
        self._newest: dict[str, int] = {}

    def write(self, values: Sequence[Pair]) -> None:
        self._updates += len(values)
        self._newest.update(values)

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[tuple[int, dict[str, int]]]:
        return [(self._subtask, summary(self._updates, self._newest))]

    def close(self) -> None: ...
