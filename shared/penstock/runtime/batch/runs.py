"""A sorted run of one input in a temporary file: what does not fit into memory. Source: Flink's external sorter."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

#: (timestamp in ms, number in the order of arrival, value): no two compare as far as their values
Record = tuple[int, int, Any]

CHUNK = 1024


class Run:
    """Keys by their stable hash, each with its records in order. Written once, then read once; the file has no name."""

    def __init__(self, keys: Iterable[tuple[int, Any, list[Record]]]) -> None:
        """`keys`: (hash, key, sorted records), by ascending hash. TypeError or PicklingError: not to be pickled."""
        self._file = tempfile.TemporaryFile(prefix="penstock-sort-")  # noqa: SIM115 (open until it was read)
        try:
            for hashed, key, records in keys:
                for at in range(0, len(records), CHUNK):
                    pickle.dump((hashed, key, records[at : at + CHUNK]), self._file, protocol=5)
            self._file.seek(0)
            self._head: tuple[int, Any, list[Record]] | None = None
            self._advance()
        except BaseException:
            self.close()
            raise

    @property
    def head(self) -> int | None:
        """The hash of the next key; None at the end."""
        return None if self._head is None else self._head[0]

    @property
    def key(self) -> Any:
        """The next key."""
        assert self._head is not None, "the run has not ended"
        return self._head[1]

    def records(self, hashed: int) -> Iterator[Record]:
        """The records of the key with this hash, which is the next one or not in the run."""
        while self._head is not None and self._head[0] == hashed:
            records = self._head[2]
            self._advance()
            yield from records

    def close(self) -> None:
        self._file.close()

    def _advance(self) -> None:
        try:
            self._head = pickle.load(self._file)
        except EOFError:
            self._head = None
            self.close()
