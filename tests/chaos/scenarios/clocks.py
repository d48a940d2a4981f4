"""The wall clock of one service is an hour off: nothing is decided by comparing two clocks."""

from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.run import Run
from tests.chaos.scenario import Scenario
from tests.chaos.workloads.job import Workload

_HOUR = 3600.0


def goes_its_way(run: Run) -> None:
    """And through the usual: a slot dies, its leader dies."""
    name = run.choice.choice(run.busy_slots())
    at = run.note(f"kill slot {name}")
    run.cluster.kill(name)
    run.back(at, counts=False)
    leader, epoch = run.leader(), run.history.epoch(run.role)
    at = run.note(f"kill {leader}")
    run.cluster.kill(leader)
    run.until(lambda: run.history.taken_over(run.role, epoch), "a successor")
    run.cluster.start_member(leader)
    run.leader()
    run.checkpoints(2)


SCENARIOS = tuple(
    Scenario(
        f"clock of {member} an hour {'ahead' if seconds > 0 else 'behind'}",
        goes_its_way,
        frozenset({Ability.CLOCK, Ability.KILL, Ability.KILL_SLOT}),
        spec=ClusterSpec(clock=((member, seconds),)),
        workload=Workload("timers", redis_sink=False),
    )
    for member, seconds in (
        ("jobmanager-1", _HOUR),
        ("jobmanager-2", -_HOUR),
        ("resourcemanager-1", _HOUR),
        ("taskmanager-1", _HOUR),
        ("taskmanager-2", -_HOUR),
        ("dispatcher-1", -_HOUR),
    )
)
