"""The reading end of one input log: entries read ahead, entries to be read again, what is consumed."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from penstock.exchange.alignment import EntryId
from penstock.exchange.credit import ConsumerCredit
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.header import KIND, Kind, kind_of
from penstock.exchange.retention import Retention
from penstock.security.entry_seal import EntrySeal
from penstock.security.refusals import refusals

Entry: TypeAlias = tuple[bytes, bytes, bytes]  #: id, header, payload
_LAST_OF_MS = (1 << 64) - 1
_LATENCY = int(Kind.LATENCY)  #: a plain number: it is compared twice an entry
FIRST_ID: EntryId = (0, 1)  #: of the entry that a log is created with


def parse_id(raw: bytes) -> EntryId:
    """`b"12-3"` -> (12, 3)."""
    ms, _, n = raw.partition(b"-")
    return int(ms), int(n)


def format_id(at: EntryId) -> bytes:
    return b"%d-%d" % at


def following(at: EntryId) -> EntryId:
    """The lowest id above."""
    ms, n = at
    return (ms, n + 1) if n < _LAST_OF_MS else (ms + 1, 0)


class InputLog:
    """Holds no socket: a link feeds it and asks what it wants. `name` is for messages; `seal`: what is not sealed by it
    is as good as not there."""

    def __init__(
        self,
        name: str,
        credit: ConsumerCredit,
        read_ahead: int,
        start: EntryId = FIRST_ID,
        seal: EntrySeal | None = None,
    ) -> None:
        self._seal = seal
        self.refused = 0  #: entries
        self.name, self.credit = name, credit
        self.position = format_id(start)  #: id of the last entry read
        self.buffered = 0  #: bytes read ahead
        self._entries: deque[Entry] = deque()
        self._again: dict[EntryId, Entry] = {}
        self._wanted: Sequence[EntryId] = ()
        self._is_fetching = False
        self._read_ahead = read_ahead
        self._looked_at = start
        self._last: bytes | None = None
        self.on_barrier: Callable[[bytes, bytes], None] | None = None  #: told of each one read: header, payload
        self.retention: Retention | None = None  #: with task-local failover: what is kept of it for a replay
        self.tap: Callable[[Entry], None] | None = None  #: told of all that is read; meanwhile no read-ahead is enough

    # -- the gate's side ---------------------------------------------------------------------------------------------
    def next(self) -> Entry | None:
        """The next entry never looked at, None where none was read yet."""
        if not self._entries:
            return None
        entry = self._entries.popleft()
        if entry[1][KIND] != _LATENCY:
            self.buffered -= len(entry[2])
        self._last = entry[0]
        return entry

    def again(self, queue: Sequence[EntryId]) -> Entry | None:
        """The entry of id `queue[0]`, which was held; None where it has to be read again first."""
        entry = self._again.pop(queue[0], None)
        if entry is None and not self._is_fetching:
            self._wanted = queue
        return entry

    def resume_at(self, first: EntryId) -> None:
        """Read from the entry `first` on, before anything was read."""
        before = (first[0], first[1] - 1) if first[1] else (first[0] - 1, _LAST_OF_MS)
        self._looked_at, self.position = before, format_id(before)

    def read_ahead(self) -> Iterable[Entry]:
        """The entries that were never looked at."""
        return tuple(self._entries)

    def next_id(self) -> EntryId:
        """The lowest id that was never looked at."""
        if self._last is not None:
            self._looked_at, self._last = parse_id(self._last), None
        return following(self._looked_at)

    # -- the link's side ---------------------------------------------------------------------------------------------
    @property
    def is_full(self) -> bool:
        """Whether enough was read ahead."""
        return self.tap is None and self.buffered >= self._read_ahead

    @property
    def has_room(self) -> bool:
        """Whether reading is worth a wake-up after `is_full`."""
        return self.tap is not None or self.buffered < self._read_ahead // 2

    def feed(self, entries: Iterable[tuple[bytes, list[bytes]]]) -> None:
        """New entries, in id order."""
        add, size, at = self._entries.append, 0, self.position
        for at, fields in entries:
            entry = self._opened(at, fields)
            if entry is None:
                continue
            if entry[1][KIND] != _LATENCY:  # no credit bounds them: they must not keep a barrier from being seen
                size += len(entry[2])
            add(entry)
            if self.tap is not None:
                self.tap(entry)
            if self.on_barrier is not None and kind_of(entry[1]) == Kind.BARRIER:
                self.on_barrier(entry[1], entry[2])
        self.position = at
        self.buffered += size
        if self.retention is not None and size:
            self.retention.read(parse_id(at), size)

    @property
    def has_wanted(self) -> bool:
        """Whether held entries have to be read again."""
        return bool(self._wanted)

    def wanted(self) -> tuple[EntryId, EntryId] | None:
        """The range of held ids to read again, which it will then be asked for no more."""
        wanted, self._wanted = self._wanted, ()
        self._is_fetching |= bool(wanted)
        return (wanted[0], wanted[-1]) if wanted else None

    def ask_again(self) -> None:
        """The range that was wanted will not come: its connection is gone."""
        self._is_fetching = False

    def feed_again(
        self, first: EntryId, entries: Iterable[tuple[bytes, list[bytes]]], queue: Iterable[EntryId]
    ) -> None:
        """The answer to a range that began at `first`; of it only what still waits in `queue` is kept.

        Raises ExchangeLost where the first entry is gone.
        """
        self._is_fetching = False
        waiting = set(queue)
        seen = False
        for raw, fields in entries:
            at = parse_id(raw)
            seen |= at == first
            if at in waiting and (entry := self._opened(raw, fields)) is not None:
                self._again[at] = entry
        if not seen:
            raise ExchangeLost(f"{self.name}: entry {format_id(first).decode()} was held and is no longer in the log")

    def _opened(self, at: bytes, fields: list[bytes]) -> Entry | None:
        if self._seal is None:
            return at, fields[1], fields[3]
        header = self._seal.opened(fields[1], fields[3]) if len(fields) == 4 else None
        if header is None:
            self.refused += 1
            refuse(self.name, at)
            return None
        return at, header, fields[3]


def refuse(name: str, at: bytes) -> None:
    """Tell of an entry that is passed over."""
    refusals.add("entry")
    import structlog  # only here: it brings asyncio, which a program that is merely imported must not pay for

    log = structlog.get_logger(__name__)
    log.error("an entry was refused: not sealed with the cluster secret for this log", log=name, entry=at.decode())
