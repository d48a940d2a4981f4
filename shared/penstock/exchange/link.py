"""One exchange Redis as a slot sees it: two connections, one always with a read pending, one for everything else.

Nothing here waits, but a connect (bounded by `connect_timeout`). What goes wrong with a connection is mended by
making it again: the server must then be the same process (`run_id`), and what was not answered is sent once more;
consumers drop the second copy by its sequence.
"""

import random
import time
from importlib.resources import files
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

import redis
import structlog

from penstock.coordination.messages import ExchangeRef
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.flight import Refused
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.reading import Reading
from penstock.exchange.wire import Wire, WireError, pack
from penstock.exchange.writing import Writing

_FORGET = files(__package__).joinpath("forget.lua").read_bytes()

_log = structlog.get_logger(__name__)

#: seconds for the last command to a generation
_LAST_WORD = 0.2
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.02, 1.0  # seconds


class Link:
    """Connects when it is used, and again when it has to. `writing` takes what is to be sent."""

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
        self.writing = Writing(wake_key, nonce_key, ref.nonce, self.where, options)
        self._reading = Reading(wake_key, nonce_key, ref.nonce, self.where, options, self.writing.credited)
        self._ref, self._name = ref, name
        self._selector, self._options = selector, options
        self._read_wire: Wire | None = None
        self._write_wire: Wire | None = None
        self._retry_at, self._backoff = 0.0, _FIRST_BACKOFF
        self._unreachable_since: float | None = None

    # -- the mailbox's side ------------------------------------------------------------------------------------------
    def advance(self, now: float, idle: bool) -> None:
        """Send what is due. Raises ExchangeLost."""
        if not self.writing.is_used:
            return
        self.writing.check_stall(now)
        if self._write_wire is None and (now < self._retry_at or not self._connect()):
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
                if wire is self._write_wire:
                    self.writing.replied(replies)
                elif wire is self._read_wire and self._reading.replied(replies):
                    self._read_on(wire)
        except Refused as e:
            self.writing.refused(e)
        except WireError as e:
            self._disconnected(str(e))

    def deadline(self, now: float) -> float | None:
        """When `advance` has something to do that no socket tells of."""
        if not self.writing.is_used:
            return None
        if self._write_wire is None:
            return self._retry_at
        times = [t for t in (self.writing.deadline(now), self._read_at()) if t is not None]
        return min(times, default=None)

    def forget(self) -> None:
        """Where the generation was deleted, delete what this slot may have written since. Nothing is sent after it."""
        if self._write_wire is not None:
            keys = self.writing.keys()
            try:
                self._write_wire.send(pack(b"EVAL", _FORGET, len(keys), *keys))
                self._write_wire.finish(_LAST_WORD)
            except WireError as e:
                _log.warning("exchange connection lost", exchange=self.where, error=str(e))

    def close(self) -> None:
        """Close the connections; nothing more is sent."""
        for wire in (self._read_wire, self._write_wire):
            self._drop(wire)
        self._read_wire = self._write_wire = None

    # -- connections -------------------------------------------------------------------------------------------------
    def _connect(self) -> bool:
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
            now = time.monotonic()
            if self._unreachable_since is None:
                self._unreachable_since = now
                _log.warning("exchange not reachable", exchange=self.where, error=str(e))
            elif now - self._unreachable_since > self._options.reconnect_timeout:
                raise ExchangeLost(
                    f"{self.where} cannot be reached for {self._options.reconnect_timeout:g} s "
                    f"(penstock.exchange.reconnect-timeout): {e}"
                ) from e
            self._retry_at = now + self._backoff * random.uniform(0.5, 1.0)
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
        self._backoff, self._unreachable_since = _FIRST_BACKOFF, None
        return True

    def _disconnected(self, reason: str) -> None:
        _log.warning("exchange connection lost", exchange=self.where, error=reason)
        self.close()
        self._reading.dropped()
        self.writing.dropped()
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
        if not self._reading.is_pending and now >= self.writing.paused_until:
            self._read_on(read_wire)
        nudge = self._reading.wants_nudge(self.writing.inlets)
        packed = self.writing.next_flight(now, idle, nudge)
        if packed is not None:
            self._reading.is_nudged |= nudge
            write_wire.send(*packed)
            self._watch(write_wire)

    def _read_on(self, wire: Wire) -> None:
        wire.send(self._reading.command(self.writing.inlets))
        self._watch(wire)

    def _read_at(self) -> float | None:
        return None if self._reading.is_pending else self.writing.paused_until
