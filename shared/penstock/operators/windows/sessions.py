"""Event-time sessions with the default trigger: a few sorted sessions a key, extended in place."""

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from penstock.datastream.window.windows import TimeWindow
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.contents import Contents
from penstock.operators.windows.timestamps import no_timestamp
from penstock.operators.windows.window_operator import WindowOperatorBase
from penstock.state.hash_map import HashMapKeyedStateBackend


class Session:
    """From `start` to before `end` (ms). It has at most one timer of each kind, set for an end that it may outgrow."""

    __slots__ = ("contents", "end", "is_over", "start", "will_be_cleaned", "will_fire")

    def __init__(self, start: int, end: int, contents: Any) -> None:
        self.start, self.end, self.contents = start, end, contents
        self.will_fire = self.will_be_cleaned = self.is_over = False


class SessionState:
    """The sessions of an operator as state; `restored`: gets (key, [(start, end, contents), …]) of a checkpoint."""

    kind = "sessions"

    def __init__(
        self, sessions: dict[Any, list[Session]], restored: Callable[[Any, list[tuple[int, int, Any]]], None]
    ) -> None:
        self._sessions, self._restored = sessions, restored

    def __len__(self) -> int:
        return len(self._sessions)

    def entries(self) -> Iterable[tuple[Any, Any]]:
        for key, sessions in self._sessions.items():
            yield key, [(s.start, s.end, s.contents) for s in sessions]

    def restore(self, entries: list[tuple[Any, Any]]) -> None:
        for key, sessions in entries:
            self._restored(key, sessions)


class SessionWindowOperator(WindowOperatorBase):
    """`gap`: ms, or a function of the record. A timer that comes due before its session's end is set again."""

    def __init__(
        self, index: int, name: str, spec: WindowSpec, gap: Any, contents: Contents, backend: HashMapKeyedStateBackend
    ) -> None:
        super().__init__(index, name, spec, contents, backend, merges=True)
        self._gap: int | None = gap if isinstance(gap, int) else None
        self._gap_of = gap
        self._lateness = spec.allowed_lateness
        self._watermark = MIN_TIMESTAMP
        self._sessions: dict[Any, list[Session]] = {}
        backend.register("_sessions", SessionState(self._sessions, self._restore_key))
        self._timers: list[tuple[int, bool, int, Any, Session]] = []
        self._number = itertools.count()

    # -- records -----------------------------------------------------------------------------------------------------

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        operator, add = code.bind(self.label("windows"), self), code.bind(self.label("add"), self.add)
        code.once(operator, [], [f"{operator}.flush()"])
        code.line(f"{add}({rec.key}, {rec.value}, {rec.timestamp})")

    def add(self, key: Any, value: Any, time: int | None) -> None:
        """One record."""
        if time is None:
            raise no_timestamp(self.spec.assigner)
        end = time + (self._gap_of(value) if self._gap is None else self._gap)
        sessions = self._sessions.get(key)
        if sessions is None:
            self._begin(key, [], value, time, end)
            return
        session = sessions[-1]
        if session.start <= time <= session.end:
            # by far the most frequent: the last session goes on, and no other is touched
            session.contents = self.contents.add(session.contents, value)
            if end > session.end:
                session.end = end
            if session.end - 1 <= self._watermark or not session.will_fire:
                self._changed(key, session, time)
            return
        touched = [s for s in sessions if s.start <= end and s.end >= time]
        if not touched:
            self._begin(key, sessions, value, time, end)
            return
        session = touched[0]
        for other in touched[1:]:
            session.contents = self.contents.merge(session.contents, other.contents)
            other.is_over = True
            sessions.remove(other)
        session.start, session.end = min(session.start, time), max(touched[-1].end, end)
        session.contents = self.contents.add(session.contents, value)
        self._changed(key, session, time)

    def _begin(self, key: Any, sessions: list[Session], value: Any, time: int, end: int) -> None:
        if end - 1 + self._lateness <= self._watermark:
            self.put_late(value, time)
            return
        session = Session(time, end, self.contents.first(value))
        at = len(sessions)
        while at and sessions[at - 1].start > time:
            at -= 1
        sessions.insert(at, session)
        self._sessions[key] = sessions
        self._changed(key, session, time)

    def _changed(self, key: Any, session: Session, time: int) -> None:
        """A record was added: fire where the end has passed, else see to it that it will."""
        if session.end - 1 <= self._watermark:
            self._fire(key, session, time, self.contents.current(session.contents))
            self._clean_later(key, session)
        elif not session.will_fire:
            session.will_fire = True
            heapq.heappush(self._timers, (session.end - 1, False, next(self._number), key, session))

    # -- time --------------------------------------------------------------------------------------------------------

    def on_watermark(self, timestamp: int) -> int | None:
        self._watermark = self.evaluation.context.watermark = timestamp
        timers = self._timers
        while timers and timers[0][0] <= timestamp:
            time, is_cleanup, _, key, session = heapq.heappop(timers)
            if session.is_over:
                continue
            due = session.end - 1 + (self._lateness if is_cleanup else 0)
            if due > time:
                heapq.heappush(timers, (due, is_cleanup, next(self._number), key, session))
            elif is_cleanup:
                self._clean(key, session)
            else:
                session.will_fire = False
                use = self.contents.current if self._lateness else self.contents.result
                self._fire(key, session, time, use(session.contents))
                if self._lateness:
                    self._clean_later(key, session)
                else:
                    self._clean(key, session)
        self.flush()
        return timestamp

    def _fire(self, key: Any, session: Session, timestamp: int, result: Any) -> None:
        self.put(self.evaluation.results(key, TimeWindow(session.start, session.end), result), timestamp)

    def _clean_later(self, key: Any, session: Session) -> None:
        if not session.will_be_cleaned:
            session.will_be_cleaned = True
            due = session.end - 1 + self._lateness
            heapq.heappush(self._timers, (due, True, next(self._number), key, session))

    def _clean(self, key: Any, session: Session) -> None:
        session.is_over = True
        sessions = self._sessions[key]
        sessions.remove(session)
        if not sessions:
            del self._sessions[key]
        self.evaluation.clear(key, TimeWindow(session.start, session.end))

    # -- state -------------------------------------------------------------------------------------------------------

    def restore_watermark(self, watermark: int) -> None:
        super().restore_watermark(watermark)
        self._watermark = watermark

    def _restore_key(self, key: Any, sessions: list[tuple[int, int, Any]]) -> None:
        self._sessions[key] = [self._restored(key, *session) for session in sessions]

    def _restored(self, key: Any, start: int, end: int, contents: Any) -> Session:
        session = Session(start, end, contents)
        if end - 1 > self._watermark:
            session.will_fire = True
            heapq.heappush(self._timers, (end - 1, False, next(self._number), key, session))
        else:
            self._clean_later(key, session)
        return session
