"""Reads the streams of one subtask."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from penstock.datastream.connectors.hand_over import HandOver
from penstock.datastream.connectors.redis.entry_id import EntryId
from penstock.datastream.connectors.redis.fetcher import Fetched, StreamFetcher
from penstock.datastream.connectors.redis.split import RedisStreamSplit
from penstock.exchange.elements import RecordBatch

#: entries between the thread and the task
_BOUND = 4000


class RedisStreamsReader:
    """`deserialize(key, id, fields)`: the record, None for none. A record's timestamp is the time (ms) in its id."""

    def __init__(
        self,
        url: str,
        patience: float,
        forgiving: bool,
        deserialize: Callable[[str, str, dict[bytes, bytes]], Any],
        wake: Callable[[], None],
    ) -> None:
        self._deserialize = deserialize
        self._entries: HandOver[Fetched] = HandOver(_BOUND, wake)
        self._fetcher = StreamFetcher(url, patience, forgiving, self._entries)
        self._splits: dict[str, RedisStreamSplit] = {}
        self._taken: dict[str, list[Fetched]] = {}  #: by stream, for a poll each: a stream has its own watermark
        self.current_split: str | None = None

    def add_splits(self, splits: Sequence[RedisStreamSplit]) -> None:
        todo = [split for split in splits if not split.is_done]
        self._splits.update((split.key, split) for split in todo)
        if todo:
            self._fetcher.add(todo)

    def poll(self, max_records: int) -> RecordBatch | None:
        if not self._splits:
            return None
        values: list[Any] = []
        timestamps: list[int | None] = []
        last: dict[str, tuple[EntryId, int | None]] = {}
        if not self._taken:
            for fetched in self._entries.take(max_records) or ():
                self._taken.setdefault(fetched[0], []).append(fetched)
        of_one = self._taken.pop(next(iter(self._taken))) if self._taken else []
        for key, entry, fields, number in of_one:
            self.current_split = key
            if entry is None:
                del self._splits[key]
                last.pop(key, None)
                continue
            record = self._record(key, entry, fields)
            if record is not None:
                values.append(record)
                timestamps.append(entry.ms)
            last[key] = entry, number
        for key, (entry, number) in last.items():
            self._splits[key] = self._splits[key].read(entry, number)
        return None if not values and not self._splits else RecordBatch(values, timestamps)

    @property
    def open_splits(self) -> Collection[str]:
        return self._splits.keys()

    @property
    def pending_records(self) -> int | None:
        return self._fetcher.pending

    @property
    def fetch_event_time_lag(self) -> int | None:
        return self._fetcher.event_time_lag

    def snapshot(self) -> list[RedisStreamSplit]:
        return list(self._splits.values())

    def close(self) -> None:
        self._fetcher.close()

    def _record(self, key: str, entry: EntryId, fields: dict[bytes, bytes]) -> Any:
        try:
            return self._deserialize(key, str(entry), fields)
        except Exception as e:
            raise ValueError(
                f"entry {entry} of stream {key!r} cannot be deserialized: {type(e).__name__}: {e}; its fields: "
                f"{str(fields)[:500]}"
            ) from e
