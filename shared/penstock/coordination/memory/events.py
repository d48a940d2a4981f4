"""Event and command streams of the twin."""

import time
from collections.abc import Mapping

from penstock.coordination.events import check_block
from penstock.coordination.memory.keyspace import Keyspace, format_id, parse_id


class MemoryEvents:
    """See `parts.Events`."""

    def __init__(self, space: Keyspace) -> None:
        self._space = space

    def append(self, key: str, payload: bytes) -> str:
        with self._space as space:
            return space.append(key, payload)

    def read(
        self, cursors: Mapping[str, str], block_ms: int = 0, count: int = 256
    ) -> dict[str, list[tuple[str, bytes]]]:
        check_block(block_ms)
        if not cursors:
            raise ValueError("no stream to read")
        behind = {key: parse_id(cursor) for key, cursor in cursors.items()}
        deadline = time.monotonic() + block_ms / 1000
        with self._space as space:
            while True:
                found = {key: entries for key in cursors if (entries := self._behind(key, behind[key], count))}
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                space.changed.wait(left)

    def _behind(self, key: str, cursor: tuple[int, int], count: int) -> list[tuple[str, bytes]]:
        self._space.collect(key)
        entries = [entry for entry in self._space.streams.get(key, []) if entry[0] > cursor]
        return [(format_id(entry), payload) for entry, payload in entries[:count]]

    def trim(self, key: str, upto: str) -> int:
        with self._space as space:
            entries = space.streams.get(key, [])
            kept = [entry for entry in entries if entry[0] > parse_id(upto)]
            if key in space.streams:
                space.streams[key] = kept
            return len(entries) - len(kept)

    def last_id(self, key: str) -> str:
        with self._space as space:
            entries = space.streams.get(key)
            return format_id(entries[-1][0]) if entries else "0-0"
