"""One exchange Redis as a slot sees it: two connections, one always with a read pending, one for everything else.

Nothing here waits, but a connect (bounded by `connect_timeout`). What goes wrong with a connection is mended by
making it again: the server must then be the same process (`run_id`), and what was not answered is sent once more;
consumers drop the second copy by its sequence.
"""

import random
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from typing import Any

import redis
import structlog

from penstock.coordination.messages import ExchangeRef
from penstock.exchange.collect_writer import CollectWriter
from penstock.exchange.credit import CreditRow, encode_wake
from penstock.exchange.ends import TRIMMED_TO, Appender, Inlet, Outlet
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.flight import Flight, Refused
from penstock.exchange.input_log import format_id, parse_id
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.reading import Reading
from penstock.exchange.remote_channel import LogEntry
from penstock.exchange.wire import Wire, WireError, pack

_FORGET = files(__package__).joinpath("forget.lua").read_bytes()

_log = structlog.get_logger(__name__)

_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.02, 1.0  # seconds
_REFUSED_PAUSE = 0.02
_COLLECT_POLL = 0.05
_BLOCKED_REFRESH = 1.0  #: a wake entry can be trimmed before it is read; the hash is the truth
#: bytes; what a client sends counts for Redis's memory too, and could be too much all by itself
_LARGEST_FLIGHT, _OOM_FLIGHT = 1 << 20, 1
_WAKE_LENGTH = b"256"


class Link:
    """`on_credit(channel, consumer, row)` of every credit row that arrives."""

    def __init__(
        self,
        ref: ExchangeRef,
        nonce_key: str,
        wake_key: str,
        selector: BaseSelector,
        options: ExchangeOptions,
        name: str,
    ) -> None:
        self.where = f"exchange Redis {ref.url.rpartition('@')[2]}"
        self._ref, self._nonce_key, self._wake_key, self._name = ref, nonce_key, wake_key, name
        self._selector, self._options = selector, options
        self._get_nonce, self._nonce = pack(b"GET", nonce_key), ref.nonce.encode()
        self.fenced: list[Outlet] = []
        self._outlets: dict[tuple[int, int], Outlet] = {}
        self._inlets: list[Inlet] = []
        self._collectors: list[CollectWriter] = []
        self._queue: deque[tuple[Appender, bytes]] = deque()
        self._reading = Reading(wake_key, nonce_key, ref.nonce, self.where, options, self._credited)
        self._read_wire: Wire | None = None
        self._write_wire: Wire | None = None
        self._flight: Flight | None = None
        self._replies: list[Any] = []
        self._retry_at, self._backoff = 0.0, _FIRST_BACKOFF
        self._paused_until = 0.0
        self._refresh_at = self._expire_at = self._ask_at = 0.0
        self._is_unsettled = False  #: whether some end's credit row was not asked for yet
        self._is_awake = self._is_out_of_memory = self._nudged = False

    # -- what a slot adds --------------------------------------------------------------------------------------------
    def add_outlet(self, outlet: Outlet) -> None:
        self._outlets[outlet.channel.channel, outlet.consumer] = outlet
        self._is_unsettled = True

    def add_inlet(self, inlet: Inlet) -> None:
        self._inlets.append(inlet)
        self._is_unsettled = True

    def add_collector(self, collector: CollectWriter) -> None:
        self._collectors.append(collector)

    def append_collected(self, collector: CollectWriter, entry: LogEntry) -> None:
        """Queue an entry of a collect log, which is made by its first one."""
        self._queue.append((collector, pack(b"XADD", collector.log_key, b"*", b"h", entry.header, b"p", entry.payload)))

    def append(self, outlet: Outlet, entry: LogEntry) -> None:
        """Queue an entry; it leaves with the next flight."""
        self._queue.append(
            (outlet, pack(b"XADD", outlet.log_key, b"NOMKSTREAM", b"*", b"h", entry.header, b"p", entry.payload))
        )

    @property
    def _is_used(self) -> bool:
        return bool(self._outlets or self._inlets or self._collectors)

    # -- the mailbox's side ------------------------------------------------------------------------------------------
    def advance(self, now: float, idle: bool) -> None:
        """Send what is due. Raises ExchangeLost."""
        if not self._is_used:
            return
        if self._write_wire is None and (now < self._retry_at or not self._connect(now)):
            return
        try:
            self._advance(now, idle)
        except WireError as e:
            self._disconnected(str(e))

    def on_event(self, wire: Wire, events: int) -> None:
        """A socket is readable or writable. Raises ExchangeLost."""
        try:
            if events & EVENT_WRITE:
                wire.pump()
                self._watch(wire)
            if events & EVENT_READ:
                replies = wire.replies()
                if wire is self._read_wire:
                    self._read(replies)
                elif wire is self._write_wire:
                    self._written(replies)
        except WireError as e:
            self._disconnected(str(e))

    def deadline(self, now: float) -> float | None:
        """When `advance` has something to do that no socket tells of."""
        if not self._is_used:
            return None
        if self._write_wire is None:
            return self._retry_at
        times = [] if self._reading.is_pending else [now]
        if self._flight is None:  # else its answer comes first
            times += [due for i in self._inlets if (due := self._publish_at(i, now)) is not None]
            if self._queue:
                times.append(now)
            if any(c.is_waiting for c in self._collectors):
                times.append(self._ask_at)
            if any(o.channel.is_waiting for o in self._outlets.values()):
                times.append(self._refresh_at)
        return max(min(times), self._paused_until) if times else None

    def forget(self) -> None:
        """Where the generation was deleted, delete what this slot may have written since. Nobody waits for the
        answer."""
        if self._write_wire is not None:
            keys = [self._nonce_key, self._wake_key, *(i.credit_key for i in self._inlets)]
            try:
                self._write_wire.send(pack(b"EVAL", _FORGET, len(keys), *keys))
            except WireError as e:
                _log.warning("exchange connection lost", exchange=self.where, error=str(e))

    def close(self) -> None:
        """Close the connections; nothing more is sent."""
        for wire in (self._read_wire, self._write_wire):
            self._drop(wire)
        self._read_wire = self._write_wire = None

    # -- connections -------------------------------------------------------------------------------------------------
    def _connect(self, now: float) -> bool:
        made: list[Wire] = []
        try:
            for role in ("write", "read"):
                wire = Wire(self._ref.url, self._options.connect_timeout, f"{self._name}-{role}")
                made.append(wire)
                if wire.run_id != self._ref.run_id:
                    raise ExchangeLost(
                        f"{self.where} was restarted or replaced: run_id {wire.run_id}, "
                        f"deployed with {self._ref.run_id}"
                    )
        except WireError as e:
            for wire in made:
                wire.close()
            if self._backoff == _FIRST_BACKOFF:
                _log.warning("exchange not reachable", exchange=self.where, error=str(e))
            self._retry_at = time.monotonic() + self._backoff * random.uniform(0.5, 1.0)
            self._backoff = min(self._backoff * 2, _LONGEST_BACKOFF)
            return False
        except ExchangeLost:
            for wire in made:
                wire.close()
            raise
        except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as e:
            for wire in made:
                wire.close()
            raise ExchangeLost(f"{self.where} refuses the connection: {e}") from e
        self._write_wire, self._read_wire = made
        for wire in made:
            self._selector.register(wire, EVENT_READ, (self, wire))
        self._backoff = _FIRST_BACKOFF
        self._refresh_at, self._expire_at = now, now + 5.0
        return True

    def _disconnected(self, reason: str) -> None:
        _log.warning("exchange connection lost", exchange=self.where, error=reason)
        self.close()
        self._reading.dropped()
        self._nudged = False
        self._replies = []
        self._give_back()
        self._retry_at = 0.0

    def _drop(self, wire: Wire | None) -> None:
        if wire is not None:
            self._selector.unregister(wire)
            wire.close()

    def _watch(self, wire: Wire) -> None:
        events = EVENT_READ | EVENT_WRITE if wire.has_unsent else EVENT_READ
        if self._selector.get_key(wire).events != events:
            self._selector.modify(wire, events, (self, wire))

    # -- sending -----------------------------------------------------------------------------------------------------
    def _advance(self, now: float, idle: bool) -> None:
        read_wire, write_wire = self._read_wire, self._write_wire
        assert read_wire is not None and write_wire is not None
        if not self._reading.is_pending and now >= self._paused_until:
            read_wire.send(self._reading.command(self._inlets))
            self._nudged = False
            self._watch(read_wire)
        if self._flight is not None or now < self._paused_until or not self._has_something(now, idle):
            return
        flight = self._next_flight(now, idle)
        if flight:
            self._flight = flight
            write_wire.send(flight.packed())
            self._watch(write_wire)

    def _has_something(self, now: float, idle: bool) -> bool:
        if self._queue or self._is_unsettled or now >= self._refresh_at or self._is_asking(now):
            return True
        return any(self._is_due(i, now, idle) for i in self._inlets) or self._wants_nudge()

    def _wants_nudge(self) -> bool:
        return self._reading.is_pending and not self._nudged and self._reading.is_missing(self._inlets)

    def _is_asking(self, now: float) -> bool:
        return now >= self._ask_at and any(c.is_waiting for c in self._collectors)

    def _publish_at(self, inlet: Inlet, now: float) -> float | None:
        return inlet.log.credit.due_at(now, self._options.publish_interval) if inlet.is_settled else None

    def _is_due(self, inlet: Inlet, now: float, idle: bool) -> bool:
        if inlet.log.has_wanted:
            return True
        due = self._publish_at(inlet, now)
        return due is not None and (due <= now or (idle and inlet.log.credit.prompt))

    def _next_flight(self, now: float, idle: bool) -> Flight:
        flight = Flight(self._get_nonce, self._nonce, self.where)
        if not self._is_awake:
            flight.write(pack(b"XADD", self._wake_key, b"MAXLEN", b"~", _WAKE_LENGTH, b"*", b"p", b""), self._awake)
        elif self._wants_nudge():
            self._nudged = True
            flight.write(self._wake(self._wake_key, b""), _ignore)
        if self._is_unsettled or now >= self._refresh_at:
            self._settle(flight, now)
        for inlet in self._inlets:
            if self._is_due(inlet, now, idle):
                self._consumed(flight, inlet, now, idle)
        if self._is_asking(now):
            self._ask_at = now + _COLLECT_POLL
            for collector in self._collectors:
                flight.read(pack(b"GET", collector.taken_key), collector.taken_upto)
        room = _OOM_FLIGHT if self._is_out_of_memory else _LARGEST_FLIGHT
        while self._queue and room > 0:
            appender, packed = self._queue.popleft()
            room -= len(packed)
            flight.appends.append((appender, packed))
            flight.write(packed, partial(self._appended, appender))
            if isinstance(appender, CollectWriter):
                # not deleted with the logs of a generation: the client may be late
                flight.write(pack(b"EXPIRE", appender.log_key, self._options.expire), _ignore)
        if flight and now >= self._expire_at:
            self._expire_at = now + self._options.expire / 24
            for key in self._keys():
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
        for inlet in self._inlets:
            if not inlet.is_settled:
                flight.read(pack(b"HGETALL", inlet.credit_key), partial(_settled_inlet, inlet))
        self._is_unsettled = False

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
        trim_to = format_id(inlet.gate.trim_position())
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

    def _keys(self) -> list[str]:
        keys = [self._nonce_key, self._wake_key]
        return keys + [k for i in self._inlets for k in (i.log_key, i.credit_key)]

    # -- replies -----------------------------------------------------------------------------------------------------
    def _read(self, replies: Sequence[Any]) -> None:
        assert self._read_wire is not None
        try:
            if self._reading.replied(replies):
                self._read_wire.send(self._reading.command(self._inlets))
                self._nudged = False
                self._watch(self._read_wire)
        except Refused as e:
            self._refused(e)

    def _written(self, replies: Sequence[Any]) -> None:
        self._replies += replies
        flight = self._flight
        if flight is None or len(self._replies) < flight.expects:
            return
        answers, self._replies = self._replies, []
        try:
            flight.answered(answers)
        except Refused as e:
            self._refused(e)
            self._give_back()
            return
        self._flight = None
        self._is_out_of_memory = False
        for appender, _ in flight.appends:
            appender.acknowledged()

    def _refused(self, refusal: Refused) -> None:
        if not self._is_out_of_memory:
            _log.warning("exchange refuses for now", exchange=self.where, error=str(refusal))
        self._is_out_of_memory |= refusal.is_oom
        self._paused_until = time.monotonic() + _REFUSED_PAUSE

    def _give_back(self) -> None:
        """Have all of the flight sent again, in order."""
        flight, self._flight = self._flight, None
        if flight is None:
            return
        self._queue.extendleft(reversed(flight.appends))
        self._is_unsettled = True
        for inlet in flight.rereads:
            inlet.log.ask_again()
        for inlet, channels in flight.published:
            for channel in channels:
                inlet.log.credit.passed(channel, urgent=True)

    def _awake(self, reply: Any) -> None:
        self._is_awake = True

    def _appended(self, appender: Appender, reply: bytes | None) -> None:
        if reply is None:
            raise ExchangeLost(f"{self.where}: input log {appender.log_key} is gone")

    def _credited(self, channel: int, consumer: int, row: CreditRow) -> None:
        outlet = self._outlets.get((channel, consumer))
        if outlet is not None:
            self._credit(outlet, row)

    def _credit(self, outlet: Outlet, row: CreditRow) -> None:
        outlet.channel.credited(row)
        if outlet.channel.fence is not None:
            self.fenced.append(outlet)

    def _settled_outlets(self, outlets: Sequence[Outlet], rows: Sequence[bytes | None]) -> None:
        for outlet, raw in zip(outlets, rows, strict=True):
            self._credit(outlet, CreditRow.decode(raw))


def _ignore(reply: Any) -> None:
    """An error would have been raised before."""


def _settled_inlet(inlet: Inlet, reply: Sequence[bytes]) -> None:
    published = dict(zip(reply[::2], reply[1::2], strict=True))
    trimmed = published.pop(TRIMMED_TO, None)
    if trimmed is not None and parse_id(trimmed) > inlet.gate.trim_position():
        raise ExchangeLost(f"{inlet.log.name}: trimmed up to {trimmed.decode()}, beyond where it is to be read from")
    inlet.floor = {int(c): CreditRow.decode(raw) for c, raw in published.items()}
    inlet.is_settled = True
