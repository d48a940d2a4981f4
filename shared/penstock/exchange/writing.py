"""What leaves on the write connection, one flight at a time: appends, credit, trims, and what has to be asked for."""

import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog

from penstock.exchange.collect_writer import CollectWriter
from penstock.exchange.credit import CreditRow, encode_wake
from penstock.exchange.ends import TRIMMED_TO, Appender, Inlet, Outlet
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.flight import Flight, Refused
from penstock.exchange.input_log import format_id, parse_id
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.remote_channel import LogEntry
from penstock.exchange.wire import Pieces, pack, pack_with
from penstock.security.entry_seal import EntrySeal

_log = structlog.get_logger(__name__)

_REFUSED_PAUSE = 0.02  #: seconds
_COLLECT_POLL = 0.05
_BLOCKED_REFRESH = 1.0  #: a wake entry can be trimmed before it is read; the hash is the truth
#: seconds from the last flight that was answered on, in which the generation counts as being there
_SURE_FOR = 1.0
_FIRST_RENEWAL = 5.0  #: of the time to live: when the credit hashes are there
#: bytes; what a client sends counts for Redis's memory too, and could be too much all by itself
_LARGEST_FLIGHT, _OOM_FLIGHT = 1 << 20, 1
_WAKE_LENGTH = b"256"


class Writing:
    """Holds no socket. What Redis did not answer, or could not do for now, leaves once more with the next flight."""

    def __init__(
        self,
        wake_key: str,
        nonce_key: str,
        nonce: str,
        where: str,
        options: ExchangeOptions,
    ) -> None:
        self.inlets: list[Inlet] = []
        self.fenced: list[Outlet] = []
        self.paused_until = 0.0
        self._wake_key, self._nonce_key, self._where = wake_key, nonce_key, where
        self._get_nonce, self._nonce = pack(b"GET", nonce_key), nonce.encode()
        self._options = options
        self._outlets: dict[tuple[int, int], Outlet] = {}
        self._collectors: list[CollectWriter] = []
        self._checked: list[Outlet] = []  #: of restarted attempts: their output is compared with what is in the logs
        self._queue: deque[tuple[Appender, Pieces]] = deque()
        self._flight: Flight | None = None
        self._replies: list[Any] = []
        self._refresh_at = self._ask_at = 0.0
        #: when the last flight that was answered had left, and the one that is under way
        self._sure_at = self._left_at = time.monotonic()
        self._is_question = False
        self._renew_at = time.monotonic() + _FIRST_RENEWAL
        self._is_unsettled = False  #: whether some end's credit row was not asked for yet
        self._is_awake = self._is_out_of_memory = False
        self._waiting_since: float | None = None  #: for an answer to what is to be written
        self._is_stalled = False

    # -- what a slot adds --------------------------------------------------------------------------------------------
    def add_outlet(self, outlet: Outlet) -> None:
        self._outlets[outlet.channel.channel, outlet.consumer] = outlet
        self._is_unsettled = True

    def add_inlet(self, inlet: Inlet) -> None:
        self.inlets.append(inlet)
        self._is_unsettled = True

    def remove(self, owner: tuple[str, int]) -> None:
        """A subtask's ends; what it had still to send is dropped."""
        for inlet in [i for i in self.inlets if i.owner == owner]:
            inlet.is_removed = True
            self.inlets.remove(inlet)
        for key, outlet in list(self._outlets.items()):
            if outlet.owner[:2] == owner:
                outlet.is_removed = True
                del self._outlets[key]
        self._queue = deque(a for a in self._queue if not _is_removed(a[0]))
        self._checked = [o for o in self._checked if not o.is_removed]

    def withheld(self) -> set[tuple[str, int]]:
        """Subtasks one of whose consumers wants no more records."""
        return {outlet.owner[:2] for outlet in self._outlets.values() if outlet.withheld}

    def add_collector(self, collector: CollectWriter) -> None:
        self._collectors.append(collector)

    def remove_collector(self, collector: CollectWriter) -> None:
        """What it had still to send is dropped."""
        self._collectors.remove(collector)
        self._queue = deque(a for a in self._queue if a[0] is not collector)

    def append_collected(self, collector: CollectWriter, entry: LogEntry) -> None:
        """Queue an entry of a collect log, which is made by its first one."""
        header = _sealed(collector.seal, entry)
        self._queue.append((collector, pack_with(entry.payload, b"XADD", collector.log_key, b"*", b"h", header, b"p")))

    def append(self, outlet: Outlet, entry: LogEntry) -> None:
        """Queue an entry; it leaves with the next flight."""
        header = _sealed(outlet.seal, entry)
        self._queue.append(
            (outlet, pack_with(entry.payload, b"XADD", outlet.log_key, b"NOMKSTREAM", b"*", b"h", header, b"p"))
        )

    @property
    def is_used(self) -> bool:
        return bool(self._outlets or self.inlets or self._collectors)

    # -- whether it answers ------------------------------------------------------------------------------------------
    def check_stall(self, now: float) -> None:
        """Stop the producers of a Redis that does not answer: else tasks would go on with what they exchange in memory,
        and buffer the rest without bound in time."""
        if self._flight is None and not self._queue:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        self._set_stalled(self._waiting_since is not None and now - self._waiting_since > self._options.stall)

    def _set_stalled(self, stalled: bool) -> None:
        if stalled != self._is_stalled:
            self._is_stalled = stalled
            for outlet in self._outlets.values():
                outlet.channel.stalled(stalled)

    # -- what is due -------------------------------------------------------------------------------------------------
    def deadline(self, now: float) -> float | None:
        """When a flight is due that no reply tells of."""
        if self._flight is not None:
            return None
        times = [due for i in self.inlets if (due := self._publish_at(i, now)) is not None]
        if self._queue or any(o.wants_check for o in self._checked):
            times.append(now)
        if any(c.is_waiting for c in self._collectors):
            times.append(self._ask_at)
        if any(o.channel.is_waiting for o in self._outlets.values()):
            times.append(self._refresh_at)
        return max(min(times), self.paused_until) if times else None

    def next_flight(self, now: float, idle: bool, nudge: bool) -> Pieces | None:
        """The next pipeline to send, None where nothing is due or the last one is not answered yet.

        `nudge`: end the slot's own pending read, by an entry in its wake stream.
        """
        if self._flight is not None or now < self.paused_until or not (nudge or self._has_something(now, idle)):
            return None
        # credit makes its key anew: a process that stood still, and its generation was deleted, asks before it writes,
        # since it may be killed before it has read an answer and taken back what it wrote
        asks = self._is_awake and not self._is_question and now - self._sure_at > _SURE_FOR
        flight = self._make_question(nudge) if asks else self._make_flight(now, idle, nudge)
        if not flight:
            return None
        self._flight, self._is_question, self._left_at = flight, asks, now
        return flight.packed()

    def keys(self) -> list[str]:
        """What this slot writes beside the logs: nonce, wake stream, credit hashes."""
        return [self._nonce_key, self._wake_key, *(i.credit_key for i in self.inlets)]

    def _has_something(self, now: float, idle: bool) -> bool:
        if self._queue or self._is_unsettled or now >= self._refresh_at or self._is_asking(now):
            return True
        if self._checked and any(o.wants_check for o in self._checked):
            return True
        return any(self._is_due(i, now, idle) for i in self.inlets)

    def _is_asking(self, now: float) -> bool:
        return now >= self._ask_at and any(c.is_waiting for c in self._collectors)

    def _publish_at(self, inlet: Inlet, now: float) -> float | None:
        return inlet.log.credit.due_at(now, self._options.publish_interval) if inlet.is_settled else None

    def _is_due(self, inlet: Inlet, now: float, idle: bool) -> bool:
        if inlet.log.has_wanted:
            return True
        due = self._publish_at(inlet, now)
        return due is not None and (due <= now or (idle and inlet.log.credit.prompt))

    def _make_question(self, nudge: bool) -> Flight:
        """Whether the generation is there still: nothing that makes a key."""
        flight = Flight(self._get_nonce, self._nonce, self._where)
        if nudge:
            flight.write(self._wake(self._wake_key, b""), _ignore)
        else:
            flight.read(self._get_nonce, _ignore)
        return flight

    def _make_flight(self, now: float, idle: bool, nudge: bool) -> Flight:
        flight = Flight(self._get_nonce, self._nonce, self._where)
        if not self._is_awake:
            flight.write(pack(b"XADD", self._wake_key, b"MAXLEN", b"~", _WAKE_LENGTH, b"*", b"p", b""), self._awake)
        elif nudge:
            flight.write(self._wake(self._wake_key, b""), _ignore)
        if self._is_unsettled or now >= self._refresh_at:
            self._settle(flight, now)
        for inlet in self.inlets:
            if self._is_due(inlet, now, idle):
                self._consumed(flight, inlet, now, idle)
        for outlet in self._checked:
            if outlet.wants_check:
                self._read_back(flight, outlet)
        if self._is_asking(now):
            self._ask_at = now + _COLLECT_POLL
            for collector in self._collectors:
                flight.read(pack(b"GET", collector.taken_key), collector.taken_upto)
        room = _OOM_FLIGHT if self._is_out_of_memory else _LARGEST_FLIGHT
        while self._queue and room > 0:
            appender, packed = self._queue.popleft()
            room -= sum(map(len, packed))
            flight.append(appender, packed, partial(self._appended, appender))
            if isinstance(appender, CollectWriter):
                # not deleted with the logs of a generation: the client may be late
                flight.write(pack(b"EXPIRE", appender.log_key, self._options.expire), _ignore)
        if flight and now >= self._renew_at:
            self._renew_at = now + self._options.expire / 24
            for key in (*self.keys(), *(i.log_key for i in self.inlets)):
                flight.write(pack(b"EXPIRE", key, self._options.expire), _ignore)
        return flight

    def _settle(self, flight: Flight, now: float) -> None:
        """Ask for credit that is not known yet, or may have gone unheard."""
        refresh = now >= self._refresh_at
        asked: dict[str, list[Outlet]] = {}
        for outlet in self._outlets.values():
            channel = outlet.channel
            if not channel.is_settled or (refresh and channel.is_waiting):
                asked.setdefault(outlet.credit_key, []).append(outlet)
        self._refresh_at = now + _BLOCKED_REFRESH
        for key, outlets in asked.items():
            # written, so that it comes after the wake stream was made: what is published from then on is heard of
            fields = [b"%d" % o.channel.channel for o in outlets]
            flight.write(pack(b"HMGET", key, *fields), partial(self._settled_outlets, outlets))
        for inlet in self.inlets:
            if not inlet.is_settled:
                flight.read(pack(b"HGETALL", inlet.credit_key), partial(_settled_inlet, inlet))
        self._is_unsettled = False

    def _read_back(self, flight: Flight, outlet: Outlet) -> None:
        check = outlet.channel.check
        assert check is not None
        check.is_asked = True
        read = pack(b"XRANGE", outlet.log_key, check.position, b"+", b"COUNT", self._options.read_count)
        flight.read(read, partial(self._has_read_back, outlet))

    def _has_read_back(self, outlet: Outlet, entries: Sequence[tuple[bytes, list[bytes]]]) -> None:
        outlet.compare(entries)
        if outlet.channel.check is None:
            self._checked = [o for o in self._checked if o is not outlet]

    def _consumed(self, flight: Flight, inlet: Inlet, now: float, idle: bool) -> None:
        wanted = inlet.log.wanted()
        if wanted is not None:
            first, last = wanted
            flight.rereads.append(inlet)
            flight.read(
                pack(b"XRANGE", inlet.log_key, format_id(first), format_id(last), b"COUNT", self._options.read_count),
                lambda entries: inlet.log.feed_again(first, entries, inlet.gate.aligner.queue),
            )
        due = self._publish_at(inlet, now)
        if due is None or not (due <= now or (idle and inlet.log.credit.prompt)):
            return
        rows = inlet.rows(inlet.log.credit.published())
        flight.published.append((inlet, list(rows)))
        trim_to = format_id(inlet.trim_position())
        trim = pack(b"XTRIM", inlet.log_key, b"MINID", trim_to)
        if self._is_out_of_memory:
            # not with `trimmed_to` in one transaction, as rule 9 has it: that would be refused, and memory never freed
            flight.read(trim, _ignore)
        fields = [part for c, row in rows.items() for part in (b"%d" % c, row.encode())]
        flight.write(pack(b"HSET", inlet.credit_key, TRIMMED_TO, trim_to, *fields), _ignore)
        flight.write(trim, _ignore)
        for wake_key, channels in inlet.wakes.items():
            news = [(c, row) for c, row in rows.items() if c in channels]
            if news:
                flight.write(self._wake(wake_key, encode_wake(inlet.consumer, news)), _ignore)

    def _wake(self, key: str, payload: bytes) -> bytes:
        return pack(b"XADD", key, b"NOMKSTREAM", b"MAXLEN", b"~", _WAKE_LENGTH, b"*", b"p", payload)

    # -- replies -----------------------------------------------------------------------------------------------------
    def replied(self, replies: Sequence[Any]) -> None:
        """Take replies. Raises ExchangeLost."""
        self._replies += replies
        flight = self._flight
        if flight is None or len(self._replies) < flight.expects:
            return
        answers, self._replies = self._replies, []
        try:
            flight.answered(answers)
        except Refused as e:
            self.refused(e)
            self._give_back()
            return
        self._flight, self._sure_at = None, self._left_at
        if self._is_question:
            return  # a Redis that is out of memory answers it too: what waits to be written waits still
        self._waiting_since, self._is_out_of_memory = None, False
        self._set_stalled(False)
        for appender, _ in flight.appends:
            appender.acknowledged()

    def refused(self, refusal: Refused) -> None:
        """Pause: Redis cannot do it now."""
        if not self._is_out_of_memory:
            _log.warning("exchange refuses for now", exchange=self._where, error=str(refusal))
        self._is_out_of_memory |= refusal.is_oom
        self.paused_until = time.monotonic() + _REFUSED_PAUSE

    def dropped(self) -> None:
        """The connection is gone: what was not answered is to be sent again."""
        self._replies, self._is_question = [], False
        self._give_back()

    def _give_back(self) -> None:
        """Have all of the flight sent again, in order."""
        flight, self._flight = self._flight, None
        if flight is None:
            return
        self._queue.extendleft(a for a in reversed(flight.appends) if not _is_removed(a[0]))
        self._is_unsettled = True
        for outlet in self._checked:
            if outlet.channel.check is not None:
                outlet.channel.check.is_asked = False
        for inlet in flight.rereads:
            inlet.log.ask_again()
        for inlet, channels in flight.published:
            for channel in channels:
                inlet.log.credit.passed(channel, urgent=True)

    def _awake(self, reply: Any) -> None:
        self._is_awake = True

    def _appended(self, appender: Appender, reply: bytes | None) -> None:
        if reply is None:
            raise ExchangeLost(f"{self._where}: input log {appender.log_key} is gone")

    def credited(self, channel: int, consumer: int, row: CreditRow) -> None:
        """A wake entry's row."""
        outlet = self._outlets.get((channel, consumer))
        if outlet is None:
            return
        if outlet.channel.is_task_local and not outlet.channel.is_settled:
            # told to an attempt before: how much there is to make again only the hash knows
            outlet.early = row
            return
        self._credit(outlet, row)

    def _credit(self, outlet: Outlet, row: CreditRow) -> None:
        outlet.channel.credited(row)
        outlet.withheld = row.withheld
        if outlet.channel.check is not None and outlet not in self._checked:
            self._checked.append(outlet)
        if outlet.channel.fence is not None:
            self.fenced.append(outlet)

    def _settled_outlets(self, outlets: Sequence[Outlet], rows: Sequence[bytes | None]) -> None:
        for outlet, raw in zip(outlets, rows, strict=True):
            self._credit(outlet, outlet.settling(CreditRow.decode(raw)))


def _sealed(seal: EntrySeal | None, entry: LogEntry) -> bytes:
    return entry.header if seal is None else seal.sealed(entry.header, entry.payload)


def _is_removed(appender: Appender) -> bool:
    return isinstance(appender, Outlet) and appender.is_removed


def _ignore(reply: Any) -> None:
    """An error would have been raised before."""


def _settled_inlet(inlet: Inlet, reply: Sequence[bytes]) -> None:
    published = dict(zip(reply[::2], reply[1::2], strict=True))
    trimmed = published.pop(TRIMMED_TO, None)
    if trimmed is not None and parse_id(trimmed) > inlet.gate.trim_position() and not inlet.is_removed:
        raise ExchangeLost(
            f"{inlet.log.name}: trimmed up to {trimmed.decode()}, beyond where it is to be read from", "trimmed"
        )
    inlet.settle({int(c): CreditRow.decode(raw) for c, raw in published.items()})
