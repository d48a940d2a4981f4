"""TaskManagers die, leave and stand still: noticed by their heartbeat, their slots replaced; zombies write nothing."""

from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.run import Run
from tests.chaos.scenario import EVERYTHING, TASKMANAGER, Scenario
from tests.chaos.workloads.job import Workload

_KILL = frozenset({Ability.KILL})
_THREE = ClusterSpec(taskmanagers=3, slots=2)
_FULL = ClusterSpec(taskmanagers=2, slots=1)


def _busy(run: Run) -> str:
    return run.choice.choice(sorted({name.partition("/")[0] for name in run.busy_slots()}))


def killed(run: Run, *, whole: bool = False) -> None:
    run.sleep(0, 0.6)
    name = _busy(run)
    run.note(f"kill {name}{' with its slots' if whole else ''}")
    at = run.cluster.kill(name, whole=whole)
    run.back(at)
    run.cluster.start_member(name)
    run.checkpoints(1)


def machine_killed(run: Run) -> None:
    killed(run, whole=True)


def all_killed(run: Run) -> None:
    run.note("kill all TaskManagers")
    names = list(run.cluster.members("taskmanager"))
    for name in names:
        run.cluster.kill(name, whole=run.choice.random() < 0.5)
    run.sleep(0, 4)
    up = run.note("start them")
    for name in names:
        run.cluster.start_member(name)
    run.back(up)
    run.checkpoints(1)


def too_few_slots(run: Run) -> None:
    """The job waits, says so, and goes on when one joins."""
    name = _busy(run)
    run.note(f"kill {name}: no other slot is free")
    run.cluster.kill(name)
    run.until(lambda: "waiting for" in (row.message if (row := run.job_row()) else ""), "the job to wait for slots")
    run.sleep(0, 2)
    up = run.note(f"start {name}")
    run.cluster.start_member(name)
    run.back(up)
    run.checkpoints(1)


def paused(run: Run) -> None:
    """Until it was given up; then its processes wake up as zombies."""
    name = _busy(run)
    at = run.note(f"pause {name}")
    run.cluster.pause(name)
    run.back(at)
    run.sleep(0, 3)
    run.note(f"resume {name}")
    run.cluster.resume(name)
    run.sleep(1, 3)
    run.checkpoints(2)


def paused_briefly(run: Run) -> None:
    """Shorter than the heartbeat's timeout: nobody minds."""
    name = _busy(run)
    at = run.note(f"pause {name}")
    run.cluster.pause(name)
    run.sleep(0.5, 1.5)
    run.cluster.resume(name)
    run.note(f"resume {name}")
    run.back(at, counts=False)
    run.checkpoints(1)


def terminated(run: Run) -> None:
    name = _busy(run)
    at = run.note(f"SIGTERM to {name}")
    run.cluster.terminate(name)
    run.back(at)
    run.cluster.start_member(name)
    run.checkpoints(1)


SCENARIOS = (
    Scenario("taskmanager killed", killed, _KILL, target=TASKMANAGER, reached=("TaskManager removed", "restored")),
    Scenario("taskmanager's machine killed", machine_killed, _KILL, target=TASKMANAGER),
    Scenario(
        "taskmanager of a join killed",
        killed,
        _KILL,
        spec=_THREE,
        workload=Workload("join", rate=200, parallelism=4, redis_sink=False),
        target=TASKMANAGER,
    ),
    Scenario("taskmanagers all killed", all_killed, _KILL, target=EVERYTHING),
    Scenario("taskmanager killed, no slot left", too_few_slots, _KILL, spec=_FULL, target=EVERYTHING),
    Scenario(
        "taskmanager paused past its heartbeat",
        paused,
        frozenset({Ability.PAUSE}),
        target=TASKMANAGER,
        reached=("TaskManager removed",),
    ),
    Scenario("taskmanager paused briefly", paused_briefly, frozenset({Ability.PAUSE}), keeps_attempts=True),
    Scenario("taskmanager leaves", terminated, frozenset({Ability.TERMINATE}), target=TASKMANAGER),
)
