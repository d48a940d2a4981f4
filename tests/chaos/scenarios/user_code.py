"""User code that raises, is slow, and has one key more than all others."""

import time

from tests.chaos.harness import Ability
from tests.chaos.run import Run
from tests.chaos.scenario import USER_CODE, Scenario
from tests.chaos.workloads.job import Workload

_TIMERS = Workload("timers", redis_sink=False, exceptions=3)


def raises(run: Run) -> None:
    """At some records, once each; when, its marks say."""
    marks = run.job.home / "marks"
    wanted = len(run.job.settings["raises"])
    run.until(lambda: len(list(marks.iterdir())) >= wanted, "all exceptions")
    offset = time.monotonic() - time.time()
    moments = sorted(mark.stat().st_mtime + offset for mark in marks.iterdir())
    run.note(f"user code raised {wanted} times")
    # one that follows another closely begins what the other one did not finish
    for at, following in zip(moments, [*moments[1:], float("inf")], strict=True):
        run.back(at, counts=following - at > 3)
    run.checkpoints(1)


def raises_under_kills(run: Run) -> None:
    marks = run.job.home / "marks"
    for _ in range(3):
        run.sleep(0, 1)
        name = run.choice.choice(run.busy_slots())
        run.note(f"kill slot {name}")
        run.cluster.kill(name)
    run.until(lambda: len(list(marks.iterdir())) >= len(run.job.settings["raises"]), "all exceptions")
    run.back(time.monotonic(), counts=False)
    run.checkpoints(1)


def slow_and_hot(run: Run) -> None:
    """A slow sink, one key with most records, and slots that die: records pile up, none is lost."""
    for _ in range(3):
        run.sleep(0.3, 2)
        name = run.choice.choice(run.busy_slots())
        run.note(f"kill slot {name}")
        run.cluster.kill(name)
        run.until(lambda: run.job.probe.read()[-1] > time.monotonic() - 0.3, "records to come by again")
    run.checkpoints(1)


SCENARIOS = (
    Scenario("user code raises", raises, workload=_TIMERS, target=USER_CODE, reached=("restored",)),
    Scenario("user code raises under kills", raises_under_kills, frozenset({Ability.KILL_SLOT}), workload=_TIMERS),
    Scenario(
        "slow sink and hot key under kills",
        slow_and_hot,
        frozenset({Ability.KILL_SLOT}),
        workload=Workload(rate=300, hot=0.9, slow=8.0, redis_sink=False),
    ),
    Scenario(
        "slow sink, unaligned checkpoints, kills",
        slow_and_hot,
        frozenset({Ability.KILL_SLOT}),
        workload=Workload(
            rate=300,
            hot=0.9,
            slow=8.0,
            redis_sink=False,
            configuration={
                "execution.checkpointing.unaligned.enabled": "true",
                "execution.checkpointing.aligned-checkpoint-timeout": "100 ms",
            },
        ),
    ),
)
