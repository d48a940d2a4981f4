"""Where reading starts and ends."""

from dataclasses import dataclass
from typing import Literal

from penstock.datastream.connectors.redis.entry_id import ZERO, EntryId, entry_id


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """Made by `earliest`, `latest`, `of_id`, `of_timestamp`. What is not an id becomes one when the job starts."""

    kind: Literal["earliest", "latest", "id", "timestamp"]
    id: EntryId = ZERO

    @staticmethod
    def earliest() -> "StreamPosition":
        """The first entry there is."""
        return StreamPosition("earliest")

    @staticmethod
    def latest() -> "StreamPosition":
        """Behind the last entry there is when the job starts."""
        return StreamPosition("latest")

    @staticmethod
    def of_id(entry: str) -> "StreamPosition":
        """The entry with this id, which is read, as start and as end; else the next one behind it."""
        return StreamPosition("id", entry_id(entry))

    @staticmethod
    def of_timestamp(ms: int) -> "StreamPosition":
        """The first entry whose id is of that time (ms since the epoch) or later: read as start, not as end."""
        if ms < 0:
            raise ValueError(f"the timestamp must not be negative: {ms}")
        return StreamPosition("timestamp", EntryId(ms, 0))

    def start(self, last: EntryId) -> EntryId:
        """The id behind which to read. `last`: the last one the stream has given."""
        match self.kind:
            case "earliest":
                return ZERO
            case "latest":
                return last
        return self.id.before

    def end(self, last: EntryId) -> EntryId:
        """The id up to which to read, itself included."""
        match self.kind:
            case "earliest":
                raise ValueError("the earliest position is no end: nothing would be read")
            case "latest":
                return last
            case "timestamp":
                return self.id.before
        return self.id
