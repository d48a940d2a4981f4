"""A process dies at each place of a checkpoint where it matters."""

import time

from penstock.testing.crash_points import Point
from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.run import Run
from tests.chaos.scenario import JOBMANAGER, SLOT, Scenario

_NEEDS = frozenset({Ability.CRASH_POINT})
_NTH = 3
_OF_JOBMANAGER: tuple[Point, ...] = ("after-last-ack", "after-metadata", "after-completed", "after-pointer")
#: each with which of those that come by dies: late enough that a checkpoint is there, and the scenario has begun
_OF_SLOT: tuple[tuple[Point, int], ...] = (("before-upload", 25), ("after-upload", 25), ("between-commits", 10))


def jobmanager_dies(run: Run) -> None:
    epoch = run.history.epoch(run.role)
    run.until(lambda: run.cluster.crash_point_reached() >= _NTH, "the crash point")
    at = run.note(f"{run.scenario.spec.crash_point}: the leader dies")
    run.taken_over(epoch, at)
    run.no_gap(at)
    run.until(lambda: run.cluster.crash_point_reached() > _NTH, "the successor to come by the same place")
    run.checkpoints(2)
    counters = run.counters()
    assert counters.failed == 0, f"{counters.failed} checkpoints failed"


def slot_dies(run: Run) -> None:
    run.until(lambda: run.cluster.crash_point_reached() >= run.scenario.spec.crash_nth, "the crash point")
    at = run.note(f"{run.scenario.spec.crash_point}: a slot dies")
    run.back(at)
    time.sleep(0.2)
    run.checkpoints(2)


SCENARIOS = (
    *(
        Scenario(
            f"jobmanager killed {point}",
            jobmanager_dies,
            _NEEDS,
            spec=ClusterSpec(crash_point=point, crash_nth=_NTH),
            target=JOBMANAGER,
            keeps_attempts=True,
            no_gap=True,
        )
        for point in _OF_JOBMANAGER
    ),
    *(
        Scenario(
            f"slot killed {point}",
            slot_dies,
            _NEEDS,
            spec=ClusterSpec(crash_point=point, crash_nth=nth),
            target=SLOT,
            reached=("restored",),
        )
        for point, nth in _OF_SLOT
    ),
)
