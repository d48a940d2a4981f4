"""A stream to read: from where, how far, and what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from penstock.datastream.connectors.redis.entry_id import EntryId


@dataclass(frozen=True, slots=True)
class RedisStreamSplit:
    """Read behind `after` (never an id twice) up to `end`, itself included; None: for ever.

    `existed`: the stream was there. `anchored`: `after` is an id the stream has given, so that nothing behind it may be
    missing. `number`: how many entries it had been given up to `after`, None where that is not known.
    """

    key: str
    after: EntryId
    end: EntryId | None = None
    existed: bool = False
    anchored: bool = False
    number: int | None = None

    def __setstate__(self, state: Sequence[Any]) -> None:
        # of a checkpoint of before there was a number: one value less
        for field, value in zip(fields(self), [*state, None], strict=False):
            object.__setattr__(self, field.name, value)

    @property
    def is_done(self) -> bool:
        return self.end is not None and self.after >= self.end

    def read(self, entry: EntryId, number: int | None = None) -> "RedisStreamSplit":
        """The same behind this entry."""
        return replace(self, after=entry, existed=True, anchored=True, number=number)

    def counted(self, state: "StreamState | None") -> "RedisStreamSplit":
        """The same with its number, where the stream's ends tell it. Source: Redis' own `lag` of consumer groups."""
        if state is None or state.added is None:
            return replace(self, number=None)
        if self.after >= state.last or state.first is None:
            return replace(self, number=state.added)
        if self.after < state.first:
            return replace(self, number=state.added - state.length)
        return self

    def pending(self, state: "StreamState | None") -> int | None:
        """Entries behind the position that are still to be read, None where that is not known."""
        if self.is_done or state is None or state.first is None or self.after >= state.last:
            return 0
        if self.end is not None and self.end < state.last:
            return None
        if self.after < state.first:
            return state.length
        if self.number is None or state.added is None:
            return None
        return max(0, min(state.added - self.number, state.length))

    def forgiven(self) -> "RedisStreamSplit":
        """The same with what is missing accepted."""
        return replace(self, existed=False, anchored=False)


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream that exists. `first`: the id of its first entry, None where it has none; `last`: ever given.

    `added`: entries that it was ever given, None of a Redis before 7.
    """

    first: EntryId | None
    last: EntryId
    length: int = 0
    added: int | None = None


def what_is_missing(split: RedisStreamSplit, state: StreamState | None) -> str | None:
    """Why entries behind the split's position may be gone unread; None: they are all there. `state` None: no stream."""
    if state is None:
        return "it does not exist any more" if split.existed else None
    if not split.anchored:
        return None
    if state.last < split.after:
        return f"its last id is {state.last}: it was deleted and made anew, or Redis has lost what was in it"
    if state.first is None:
        return f"it is empty, and its last id was {state.last}" if state.last > split.after else None
    if state.first > split.after:
        return f"its first entry is {state.first}, and {split.after} is gone with what may have been between them"
    return None


def is_at_end(split: RedisStreamSplit, state: StreamState | None, exhausted: bool) -> bool:
    """Whether no entry of the split is still to come. `exhausted`: all there was behind its position has been read."""
    if split.is_done:
        return True
    return split.end is not None and state is not None and exhausted and state.last >= split.end
