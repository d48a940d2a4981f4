"""Sinks that keep no more than what a run's results are compared by: a few C calls a batch."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

_FIRST, _SECOND = itemgetter(0), itemgetter(1)


class Tally(Protocol):
    def write(self, values: Sequence[Any]) -> None: ...

    def summary(self) -> Mapping[str, float]:
        """What adds up over subtasks and does not depend on order."""


class CountTally:
    """Of running counts: how many, and each word's newest."""

    def __init__(self, fields: int = 2) -> None:
        self._updates = 0
        self._newest: dict[str, int] = {}
        self._pairs = fields == 2

    def write(self, values: Sequence[Any]) -> None:
        self._updates += len(values)
        self._newest.update(values if self._pairs else zip(map(_FIRST, values), map(_SECOND, values), strict=True))

    def summary(self) -> dict[str, int]:
        return {"results": self._updates, **newest_summary(self._newest)}


class TupleTally:
    """Of tuples of int, whose hash is the same in every process."""

    def __init__(self) -> None:
        self._results = self._checksum = 0

    def write(self, values: Sequence[Any]) -> None:
        self._results += len(values)
        self._checksum += sum(map(hash, values))

    def summary(self) -> dict[str, int]:
        return {"results": self._results, "checksum": self._checksum}


def newest_summary(newest: Mapping[str, int]) -> dict[str, int]:
    return {"words": len(newest), "checksum": sum(zlib.crc32(f"{w},{n}".encode()) for w, n in newest.items())}


def new_tally(workload: str) -> Tally:
    if workload in ("json", "window"):
        return TupleTally()
    return CountTally(3 if workload == "words, other functions" else 2)


def leave_summary(folder: str, name: str, content: Mapping[str, float]) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def tally_all(workload: str, batches: Iterable[Sequence[Any]], folder: str) -> None:
    tally = new_tally(workload)
    for batch in batches:
        tally.write(batch)
    leave_summary(folder, "0", tally.summary())
