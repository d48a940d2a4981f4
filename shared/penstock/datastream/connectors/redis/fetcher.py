"""The thread of a reader: reads streams as far as their splits go, and knows when entries are missing."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog

from penstock.coordination.patience import retrying
from penstock.datastream.connectors.hand_over import HandOver
from penstock.datastream.connectors.redis.entry_id import EntryId, id_of_redis
from penstock.datastream.connectors.redis.server import address, client_of, named, parse_state
from penstock.datastream.connectors.redis.split import RedisStreamSplit, StreamState, is_at_end, what_is_missing
from penstock.state.clock import processing_time

_log = structlog.get_logger(__name__)

#: entries of one read, of all streams, and the fewest of each of many streams
_BATCH, _LEAST = 2000, 50
#: ms that a read waits for an entry; a reader that is closed may wait for it
_BLOCK = 500

Found = tuple[StreamState | None, list[tuple[bytes, dict[bytes, bytes]]]]


class Fetched(NamedTuple):
    """An entry; `id` None: the end of the split. `number`: which one of its stream, None where that is not known."""

    key: str
    id: EntryId | None
    fields: dict[bytes, bytes]
    number: int | None = None


class StreamFetcher:
    """Everything but `add` and `close` is its thread's. Raises through the hand-over."""

    def __init__(self, url: str, patience: float, forgiving: bool, entries: HandOver[Fetched]) -> None:
        self._url, self._patience, self._forgiving, self._entries = url, patience, forgiving, entries
        self._new: deque[RedisStreamSplit] = deque()
        self._splits: dict[str, RedisStreamSplit] = {}
        self._pending: dict[str, int | None] = {}
        self.event_time_lag: int | None = None  #: ms from the last entry's time until it was fetched
        self._client: Any = client_of(url)
        self._thread = threading.Thread(target=self._run, name="redis streams source", daemon=True)

    def add(self, splits: Sequence[RedisStreamSplit]) -> None:
        self._new.extend(splits)
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Waits for the thread, whose blocking read ends with its connection."""
        self._entries.close()
        self._client.connection_pool.disconnect()
        if self._thread.ident is not None:
            self._thread.join(_BLOCK / 1000 + 5)
        self._client.close()

    @property
    def pending(self) -> int | None:
        """Entries that are still to be fetched, None where that is not known."""
        found = list(self._pending.values())
        return sum(n for n in found if n is not None) if found and None not in found else None

    # -- inside ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._entries.is_closed:
                while self._new:
                    split = self._new.popleft()
                    self._splits[split.key] = split
                if not self._splits:
                    self._entries.sleep(_BLOCK / 1000)
                elif not self._patiently(self._read_all) and self._splits:
                    self._patiently(self._wait)
        except Exception as e:
            if not self._entries.is_closed:
                self._entries.end(e)

    def _patiently(self, read: Any) -> Any:
        """Reading again is safe: positions only move with what has been handed over."""
        what = f"read the streams {', '.join(list(self._splits)[:5])}"
        with named(self._url, what, self._patience):
            again = retrying(what, give_up_after=self._patience, stop=lambda: self._entries.is_closed)
            return again(read)

    def _read_all(self) -> bool:
        """Whether there was anything."""
        progress = False
        count = max(_LEAST, _BATCH // len(self._splits))
        for split, (state, entries) in zip(list(self._splits.values()), self._found(count), strict=True):
            progress = self._take(split, state, entries, len(entries) < count) or progress
        return progress

    def _found(self, count: int) -> list[Found]:
        """What there is behind each position, and how the stream was at that moment."""
        splits = list(self._splits.values())
        pipeline = self._client.pipeline(transaction=True)
        for split in splits:
            pipeline.xinfo_stream(split.key)
        pipeline.xread({split.key: str(split.after) for split in splits}, count=count)
        *infos, read = pipeline.execute(raise_on_error=False)
        states = [parse_state(info) for info in infos]
        if isinstance(read, Exception):
            raise read
        by_key = {key.decode("utf-8", "surrogateescape"): entries for key, entries in read or ()}
        return [(state, by_key.get(split.key, [])) for split, state in zip(splits, states, strict=True)]

    def _take(
        self,
        split: RedisStreamSplit,
        state: StreamState | None,
        entries: list[tuple[bytes, dict[bytes, bytes]]],
        exhausted: bool,
    ) -> bool:
        missing = what_is_missing(split, state)
        if missing is not None:
            self._missing(split, missing)
            was_there, split = split.existed, split.forgiven()
            if state is None and was_there and split.end is not None:
                return self._end(split)
        split = split.counted(state)
        number = split.number
        fetched = [
            Fetched(split.key, id_of_redis(i), fields, None if number is None else number + n)
            for n, (i, fields) in enumerate(entries, 1)
        ]
        if split.end is not None:
            fetched = [f for f in fetched if f.id is not None and f.id <= split.end]
        if fetched and not self._entries.put(fetched):
            return True
        if fetched and fetched[-1].id is not None:
            split = split.read(fetched[-1].id, fetched[-1].number)
            self.event_time_lag = processing_time() - fetched[-1].id.ms
        self._splits[split.key] = split
        self._pending[split.key] = split.pending(state)
        if is_at_end(split, state, exhausted or len(fetched) < len(entries)):
            return self._end(split)
        return bool(fetched)

    def _end(self, split: RedisStreamSplit) -> bool:
        self._entries.put([Fetched(split.key, None, {})])
        del self._splits[split.key]
        self._pending[split.key] = 0
        return True

    def _missing(self, split: RedisStreamSplit, why: str) -> None:
        message = f"stream {split.key!r} at {address(self._url)} cannot be read on behind {split.after}: {why}"
        if not self._forgiving:
            raise EntriesMissingError(
                f"{message}. Keep entries for longer than the job may be away (MAXLEN, MINID), or accept the gap by "
                'set_on_trimmed("continue")'
            )
        _log.warning("entries of a stream are missing", stream=split.key, after=str(split.after), why=why)

    def _wait(self) -> None:
        # what comes is read by `_read_all`, together with the stream's state
        self._client.xread({s.key: str(s.after) for s in self._splits.values()}, count=1, block=_BLOCK)


class EntriesMissingError(RuntimeError):
    """Entries that were still to be read are not in their stream any more."""
