"""Splits that come up while the job runs: found by a thread, owned by hash."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from penstock.graph.key_groups import stable_hash
from penstock.operators.source_interface import DiscoveringSource


class KnownSplits:
    """Which splits a subtask has taken. Each id belongs to one subtask, so that together they know all, each once.

    `known`: ids that all former subtasks knew. A split that falls on this subtask now and was another's before is known
    by these, and is not taken twice.
    """

    def __init__(self, source: DiscoveringSource, subtask: int, parallelism: int, known: Iterable[str] = ()) -> None:
        self._source, self._subtask, self._parallelism = source, subtask, parallelism
        self._ids = {split_id for split_id in known if self._owns(split_id)}

    def take(self, splits: Iterable[Any]) -> list[Any]:
        """Those of the splits that are this subtask's and were not taken before."""
        taken = []
        for split in splits:
            split_id = self._source.split_id(split)
            if self._owns(split_id) and split_id not in self._ids:
                self._ids.add(split_id)
                taken.append(split)
        return taken

    def ids(self) -> list[str]:
        """For the snapshot."""
        return sorted(self._ids)

    def _owns(self, split_id: str) -> bool:
        return stable_hash(split_id) % self._parallelism == self._subtask


class Discovery:
    """Calls `discover` in a thread, at once and then every `interval` seconds. `found`: called behind it, there."""

    def __init__(self, discover: Callable[[], Sequence[Any]], interval: float, found: Callable[[], None]) -> None:
        self._discover, self._interval, self._found = discover, interval, found
        self._results: deque[Sequence[Any] | Exception] = deque()
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="split discovery", daemon=True).start()

    def take(self) -> list[Any]:
        """What was found since the last call. Raises what `discover` has raised."""
        splits: list[Any] = []
        while self._results:
            result = self._results.popleft()
            if isinstance(result, Exception):
                raise result
            splits += result
        return splits

    def close(self) -> None:
        """Does not wait for a `discover` that is under way."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._results.append(self._discover())
            except Exception as e:
                self._results.append(e)
                self._ended.set()
            self._found()
            self._ended.wait(self._interval)
