"""A job that kills its leaders after a while is ended by the takeover limit, and no job beside it. Time is made."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from penstock.graph.states import JobState
from penstock_jobmanager import leader
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.suspects import Suspects
from tests.unit.jobmanager import setting as setting_module
from tests.unit.jobmanager.jobs import JOB, graph
from tests.unit.jobmanager.setting import JobManager, Setting

POISON, BESIDE = "f" * 32, "e" * 32
LIMIT = JobMasterOptions().takeover_limit


class World:
    """Two jobs and the poison; whoever leads the poison for `kills_after` s dies, and is started again."""

    def __init__(self, replicas: int, kills_after: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.kills_after = 1000.0, kills_after
        #: seconds of made time between two turns
        self._turn = max(0.5, kills_after / 20)
        monkeypatch.setattr(leader, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(setting_module, "read_clocks", lambda: Now(wall=int(self.now * 1000), mono=self.now))
        self.setting = Setting(slots=3)
        self._led_since: dict[JobManager, float] = {}
        for job in (JOB, BESIDE, POISON):
            self.setting.submit(graph(1, job))
        for _ in range(replicas):
            self.setting.start()

    def turn(self) -> None:
        self.now += self._turn
        for manager in list(self.setting.managers):
            manager.leader.step()
            if POISON not in manager.leader.jobs:
                self._led_since.pop(manager, None)
            elif self.now - self._led_since.setdefault(manager, self.now) >= self.kills_after:
                self._die(manager)
        self.setting.cluster.step()

    def _die(self, manager: JobManager) -> None:
        manager.die()
        self.setting.managers.remove(manager)
        self.setting.start()

    def close(self) -> None:
        for manager in self.setting.managers:
            manager.effects.close()


@pytest.fixture(params=[(1, 5.0), (1, 10.0), (1, 40.0), (2, 10.0)], ids=lambda p: f"{p[0]} replicas, {p[1]:g} s")
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    replicas, kills_after = request.param
    made = World(replicas, kills_after, monkeypatch)
    yield made
    made.close()


def test_a_poison_that_takes_its_time_is_ended_alone(world: World) -> None:
    setting, most = world.setting, 0
    for _ in range(6000):
        world.turn()
        if setting.coordination.submissions.tombstone(POISON) is not None:
            break
        counts = [setting.record(job).job.takeovers for job in (JOB, BESIDE)]
        most = max(most, *counts)
    root = setting.record(POISON).job.root_failure
    assert root is not None and "taken over 11 times" in root.message
    # until probation is longer than what the poison takes, others are taken over with it
    told = next(count for count in range(LIMIT) if Suspects().probation(count) > world.kills_after)
    assert most <= told, f"a job beside it was taken over {most} times"
    for _ in range(600):
        world.turn()
        if all(setting.record(job).job.takeovers == 0 for job in (JOB, BESIDE)):
            break
    assert {setting.state(job) for job in (JOB, BESIDE)} == {JobState.RUNNING}
    assert [setting.record(job).job.takeovers for job in (JOB, BESIDE)] == [0, 0], "cleared after a while"
