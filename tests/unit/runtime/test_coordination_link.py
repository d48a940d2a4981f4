"""The slot's threads, over the in-memory twin of the coordination plane, which goes away now and then."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import redis
from msgspec.structs import replace

from penstock.coordination.keys import Keys
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.messages import (
    CancelTasks,
    ReleaseSlot,
    TaskStateChanged,
    decode,
    encode,
)
from penstock.coordination.rows import SubtaskMetrics
from penstock.runtime.coordination_link import CoordinationLink

KEYS = Keys("t")
COMMANDS, EVENTS = KEYS.slot_commands("j", "a"), KEYS.events("job:j")


class Flaky:
    """Events that fail `away` times before each call that gets through."""

    def __init__(self, events: Any, away: int) -> None:
        self._events, self._away, self._left = events, away, away

    def append(self, key: str, payload: bytes) -> str:
        self._left -= 1
        if self._left >= 0:
            raise redis.ConnectionError("away")
        self._left = self._away
        return str(self._events.append(key, payload))

    def read(self, cursors: Mapping[str, str], block_ms: int = 0, count: int = 256) -> Any:
        return self._events.read(cursors, min(block_ms, 20), count)

    def trim(self, key: str, upto: str) -> int:
        return int(self._events.trim(key, upto))


class Linked:
    def __init__(self, away: int = 0) -> None:
        coordination: Any = MemoryCoordination()
        self.coordination, self.events = coordination, coordination.events
        coordination.events = Flaky(self.events, away)
        self.commands: list[Any] = []
        self.errors: list[Exception] = []
        self.fails = False
        self.arrived = threading.Semaphore(0)
        self.link = CoordinationLink(
            self.coordination, KEYS, "j", "a", self._command, self._metrics, self.errors.append
        )

    def _command(self, command: Any) -> None:
        if self.fails:
            raise RuntimeError("the slot's fault")
        self.commands.append(command)
        self.arrived.release()

    def _metrics(self) -> dict[tuple[str, int], SubtaskMetrics]:
        return {("v", 0): SubtaskMetrics(attempt=2, records_in=5)}

    def sent(self) -> list[Any]:
        entries = self.events.read({EVENTS: "0-0"}).get(EVENTS, [])
        return [decode(payload, TaskStateChanged) for _, payload in entries]


@pytest.fixture
def linked() -> Any:
    made: list[Linked] = []

    def make(away: int = 0) -> Linked:
        made.append(Linked(away))
        made[-1].link.start()
        return made[-1]

    yield make
    for each in made:
        each.link.close(5)


def event(subtask: int) -> TaskStateChanged:
    return TaskStateChanged(vertex="v", subtask=subtask, attempt=0, allocation="a", state="RUNNING")


def test_events_leave_in_order_although_redis_is_away(linked: Callable[..., Linked]) -> None:
    one = linked(away=1)
    for n in range(4):
        one.link.report(event(n))
    one.link.close(20)
    assert one.sent() == [event(n) for n in range(4)]
    assert one.errors == []


def test_commands_come_in_order_until_the_release(linked: Callable[..., Linked]) -> None:
    one = linked()
    commands = [CancelTasks(epoch=1, tasks=()), ReleaseSlot(epoch=1, allocation="a")]
    for command in commands:
        one.events.append(COMMANDS, encode(command))
    for _ in commands:
        assert one.arrived.acquire(timeout=10)
    assert one.commands == commands


def test_the_last_metrics_are_put_when_it_closes(linked: Callable[..., Linked]) -> None:
    one = linked()
    one.link.close(5)
    assert one.coordination.metrics.all("j") == {("v", 0): SubtaskMetrics(attempt=2, records_in=5)}


def test_the_last_metrics_of_a_task_are_there_when_its_end_is_told(linked: Callable[..., Linked]) -> None:
    one, seen = linked(), list[Any]()
    append = one.events.append

    def looking(key: str, payload: bytes) -> str:
        seen.append(one.coordination.metrics.all("j"))
        return append(key, payload)

    one.events.append = looking
    one.link.report(event(0))
    one.link.report(replace(event(1), state="FINISHED"))
    one.link.report(replace(event(0), state="FAILED"))
    one.link.close(5)
    assert seen == [{}, {}, {("v", 0): SubtaskMetrics(attempt=2, records_in=5)}]


def test_what_ends_a_thread_is_told(linked: Callable[..., Linked]) -> None:
    one = linked()
    one.fails = True
    one.events.append(COMMANDS, encode(CancelTasks(epoch=1, tasks=())))
    for _ in range(500):
        if one.errors:
            break
        threading.Event().wait(0.01)
    assert [str(error) for error in one.errors] == ["the slot's fault"]


def test_what_is_no_command_is_passed_over(linked: Callable[..., Linked]) -> None:
    one = linked()
    for forged in (b'{"type": "NoSuchCommand"}', b"no JSON", b""):
        one.events.append(COMMANDS, forged)
    one.events.append(COMMANDS, encode(CancelTasks(epoch=1, tasks=())))
    assert one.arrived.acquire(timeout=10)
    assert one.commands == [CancelTasks(epoch=1, tasks=())] and one.errors == []


def test_closing_gives_up_on_a_redis_that_stays_away(linked: Callable[..., Linked]) -> None:
    one = linked(away=1_000_000)
    one.link.report(event(0))
    one.link.close(0.1)
    assert one.sent() == [] and one.errors == []


def test_commands_that_were_taken_do_not_pile_up(linked: Callable[..., Linked]) -> None:
    one = linked()
    for _ in range(200):
        one.events.append(COMMANDS, encode(CancelTasks(epoch=1, tasks=())))
    for _ in range(200):
        assert one.arrived.acquire(timeout=10)
    one.events.append(COMMANDS, encode(ReleaseSlot(epoch=1, allocation="a")))
    assert one.arrived.acquire(timeout=10)
    one.link.close(10)
    assert len(one.commands) == 201
    assert len(one.events.read({COMMANDS: "0-0"}).get(COMMANDS, [])) < 100
    assert one.errors == []
