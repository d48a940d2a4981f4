"""The shell of a service: main loop, outages, signals, the row in the registry."""

import os
import signal
import time
from collections.abc import Callable

import pytest
import redis

from penstock.client.config import Configuration
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.rows import ServiceInfo
from penstock.service import Service
from penstock.service.outage import is_outage


def service(coordination: MemoryCoordination | None = None) -> Service:
    return Service("jobmanager", coordination or MemoryCoordination(), Configuration({"penstock.service.id": "jm"}))


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_runs_steps_and_beats_until_it_is_to_stop() -> None:
    made, beats, steps = service(), [], []
    made.beats.append(lambda: beats.append(1))

    def step() -> None:
        steps.append(1)
        if len(steps) == 3:
            made.stopping.set()

    assert made.run(step) == 0
    assert len(steps) == len(beats) == 3


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_the_handlers_are_put_back(signum: int) -> None:
    before = signal.getsignal(signum)
    assert service().run(lambda: os.kill(os.getpid(), signum)) == 0
    assert signal.getsignal(signum) is before


def test_an_outage_is_waited_for_and_a_bug_is_not() -> None:
    made, errors = service(), [redis.ConnectionError("refused"), redis.ResponseError("LOADING Redis is loading")]

    def step() -> None:
        if errors:
            raise errors.pop()
        made.stopping.set()

    assert made.run(step) == 0 and not errors
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        service().run(_wrong_type)
    with pytest.raises(ZeroDivisionError):
        service().run(lambda: 1 // 0)


def _wrong_type() -> None:
    raise redis.ResponseError("WRONGTYPE Operation against a key")


def test_it_announces_itself_and_is_forgotten_when_it_leaves() -> None:
    coordination = MemoryCoordination()
    made = service(coordination)

    def info() -> ServiceInfo | None:
        return next(iter(coordination.registry.alive()), None)

    with made:
        made.announce("LEADING", ("a", "b"), "http://localhost:8081")
        eventually(lambda: (found := info()) is not None and found.state == "LEADING")
        found = info()
        assert found is not None
        assert (found.service, found.id, found.pid, found.jobs) == ("jobmanager", "jm", os.getpid(), ("a", "b"))
        assert found.address == "http://localhost:8081" and found.memory > 1_000_000 and found.cpu > 0
        coordination.space.away = True
        made.announce("LEADING", ("a",))
        coordination.space.away = False
        eventually(lambda: (found := info()) is not None and found.jobs == ("a",))
    assert info() is None
    assert made.stopping.is_set()


def test_entered_before_run_it_leaves_once() -> None:
    coordination = MemoryCoordination()
    made = service(coordination)
    with made:
        made.run(made.stopping.set)
        eventually(lambda: bool(coordination.registry.alive()))
    assert not coordination.registry.alive()


def test_a_main_loop_that_stands_is_unhealthy(monkeypatch: pytest.MonkeyPatch) -> None:
    made = service()
    made.beat()
    assert made.health() is None
    clock = time.monotonic() + 20
    monkeypatch.setattr("penstock.service.shell.time.monotonic", lambda: clock)
    assert made.health() == "the main loop has not advanced for 20 s"


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (redis.ConnectionError("x"), True),
        (redis.TimeoutError("x"), True),
        (redis.BusyLoadingError("x"), True),
        (redis.ReadOnlyError("x"), True),
        (redis.ResponseError("MISCONF Redis is configured to save"), True),
        (redis.exceptions.OutOfMemoryError("x"), True),
        (redis.AuthenticationError("x"), False),
        (redis.ResponseError("NOSCRIPT"), False),
        (ValueError("x"), False),
    ],
)
def test_what_waiting_can_mend(error: Exception, outage: bool) -> None:
    assert is_outage(error) is outage
