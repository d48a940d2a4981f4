"""Whose heart is taken for stopped: not those on a machine that starves, as the one who listens notices by himself."""

import itertools
from types import SimpleNamespace

import pytest

from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.rows import TaskManagerInfo
from penstock_resourcemanager import pulse
from penstock_resourcemanager.pulse import Pulse

INTERVAL, TIMEOUT = 0.5, 2.5
KNOWN = {"tm": "i"}


class World:
    """Looks at a TaskManager; `now`: seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.plane = MemoryCoordination(now_ms=lambda: int(self.now * 1000))
        monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.pulse = Pulse(self.plane.taskmanagers, INTERVAL, TIMEOUT)
        self._beats = itertools.count()
        info = TaskManagerInfo(
            taskmanager="tm", incarnation="i", host="h", pid=1, slots=1, queue="q", python_version="3", cpu_cores=1,
            physical_memory=1,
        )  # fmt: skip
        self.plane.taskmanagers.register(info)

    def beat(self) -> None:
        self.plane.taskmanagers.beat("tm", "i", next(self._beats), 10**9)

    def silent_for(self, every: float) -> float:
        """Seconds from its last beat until it is lost, if looks are so far apart."""
        self.beat()
        assert self.pulse.lost(KNOWN) == {}
        since = self.now
        while True:
            self.now += every
            if self.pulse.lost(KNOWN):
                return self.now - since


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_who_listens_on_time_misses_nobody_for_longer_than_the_timeout(world: World) -> None:
    assert world.silent_for(INTERVAL) == pytest.approx(TIMEOUT)


def test_a_little_late_is_on_time(world: World) -> None:
    assert world.silent_for(INTERVAL * 1.2) == pytest.approx(TIMEOUT + INTERVAL)


def test_what_a_look_is_late_counts_against_nobody(world: World) -> None:
    assert world.silent_for(2.0) == pytest.approx(8.0), "four looks: as many as it has on time, nearly"


def test_nobody_is_lost_by_one_long_pause(world: World) -> None:
    world.beat()
    assert world.pulse.lost(KNOWN) == {}
    world.now += 1000
    assert world.pulse.lost(KNOWN) == {}


def test_looks_are_as_far_apart_as_beats(world: World) -> None:
    assert world.pulse.due_in == 0.0
    world.pulse.lost(KNOWN)
    world.now += 0.2
    assert world.pulse.due_in == pytest.approx(INTERVAL - 0.2)
    assert world.pulse.lost({"unknown": "j"}) == {}, "it is not due"
