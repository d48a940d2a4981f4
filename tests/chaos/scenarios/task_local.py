"""Task-local failover: what died is restarted alone, fed again from its input logs; nothing may be lost or doubled."""

from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.run import Run
from tests.chaos.scenario import EVERYTHING, SLOT, TASKMANAGER, Scenario
from tests.chaos.scenarios import everything, slots, taskmanager
from tests.chaos.workloads.job import Workload

_TASK = {
    "jobmanager.execution.failover-strategy": "task",
    # what the workloads' functions emit follows from the order of their input
    "penstock.failover.deterministic-functions": "true",
}
_COUNTS = Workload(parallelism=4, configuration=_TASK)
_FILES = _COUNTS.but(redis_sink=False)
_JOIN = Workload("join", rate=200, parallelism=4, redis_sink=False, configuration=_TASK)
_THREE = ClusterSpec(taskmanagers=3, slots=2)
_SLOT = frozenset({Ability.KILL_SLOT})
_ALONE = ("tasks restarted alone",)


def raises(run: Run) -> None:
    """User code raises, once at each of some records, in a job whose other tasks go on."""
    marks = run.job.home / "marks"
    run.until(lambda: len(list(marks.iterdir())) >= len(run.job.settings["raises"]), "all exceptions")
    run.note("user code raised")
    run.checkpoints(2)


SCENARIOS = (
    Scenario("slot killed, task-local", slots.killed, _SLOT, workload=_COUNTS, target=SLOT, reached=_ALONE),
    Scenario("slot of a join killed, task-local", slots.killed, _SLOT, workload=_JOIN, target=SLOT, reached=_ALONE),
    Scenario(
        "sink killed after pre-commit, task-local", slots.after_pre_commit, _SLOT, workload=_COUNTS, target=SLOT,
    ),
    Scenario(
        "slots killed again while restoring, task-local", slots.again_while_restoring, _SLOT, workload=_FILES,
        target=SLOT,
    ),
    Scenario("user code raises, task-local", raises, workload=_COUNTS.but(exceptions=3), reached=_ALONE),
    Scenario(
        "taskmanager killed, task-local", taskmanager.killed, frozenset({Ability.KILL}), spec=_THREE,
        workload=_COUNTS, target=TASKMANAGER, reached=_ALONE,
    ),
    Scenario(
        "taskmanager paused past its heartbeat, task-local", taskmanager.paused, frozenset({Ability.PAUSE}),
        spec=_THREE, workload=_COUNTS, target=TASKMANAGER,
    ),
    *(
        Scenario(
            f"random mix, {name}, task-local", everything.mix, everything.MIX, spec=ClusterSpec(proxied=True),
            workload=workload, target=EVERYTHING, seconds=40,
        )
        for name, workload in (("counts", _FILES), ("join", _JOIN))
    ),
)  # fmt: skip
