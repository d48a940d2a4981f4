"""Slot processes die: the region is restored from the newest checkpoint."""

import threading

from tests.chaos.harness import Ability
from tests.chaos.run import Run
from tests.chaos.scenario import SLOT, Scenario
from tests.chaos.watch.monitor import Command
from tests.chaos.workloads.job import Workload

_KILL = frozenset({Ability.KILL_SLOT})
_JOIN = Workload("join", rate=200, redis_sink=False)


def killed(run: Run) -> None:
    for _ in range(2):
        run.sleep(0, 0.6)
        name = run.choice.choice(run.busy_slots())
        run.note(f"kill slot {name}")
        at = run.cluster.kill(name)
        run.back(at)
        run.checkpoints(1)


def of_the_source(run: Run) -> None:
    name = run.slot_of("Source")
    run.note(f"kill slot {name}, which has a source")
    at = run.cluster.kill(name)
    run.back(at)
    run.checkpoints(1)


def after_pre_commit(run: Run) -> None:
    """All have acknowledged, nobody has committed: what is pre-committed is committed once, by whoever comes."""
    acknowledged = threading.Event()
    rows = run.history.keys.rows(run.role).encode()

    def look(command: Command) -> None:
        if command.script and command.name == "HSET" and command.arguments[1] == rows:
            pairs = zip(command.arguments[2::2], command.arguments[3::2], strict=True)
            if any(name.startswith(b"checkpoint:") and b'"WRITING"' in value for name, value in pairs):
                acknowledged.set()

    name = run.slot_of("Sink")
    run.history.on_command = look
    assert acknowledged.wait(30), "no checkpoint"
    run.note(f"all have acknowledged: kill slot {name}, which has a sink")
    at = run.cluster.kill(name)
    run.back(at)
    run.checkpoints(1)


def again_while_restoring(run: Run) -> None:
    name = run.choice.choice(run.busy_slots())
    before = run.history.attempts(run.job.id)
    run.note(f"kill slot {name}")
    at = run.cluster.kill(name)
    run.until(lambda: run.history.attempts(run.job.id) != before, "the restart")
    for _ in range(run.choice.randrange(1, 4)):
        run.sleep(0, 0.3)
        name = run.choice.choice(run.busy_slots())
        at = run.note(f"kill slot {name}")
        try:
            run.cluster.kill(name)
        except (KeyError, ProcessLookupError):
            run.note("it was gone")
    run.back(at)
    run.checkpoints(1)


def all_at_once(run: Run) -> None:
    names = run.busy_slots()
    at = run.note(f"kill slots {', '.join(names)}")
    for name in names:
        run.cluster.kill(name)
    run.back(at)
    run.checkpoints(1)


SCENARIOS = (
    Scenario("slot killed", killed, _KILL, target=SLOT, reached=("restored",)),
    Scenario("slot of a join killed", killed, _KILL, workload=_JOIN, target=SLOT, reached=("restored",)),
    Scenario("slot with the source killed", of_the_source, _KILL, target=SLOT),
    Scenario("slot with the sink killed after pre-commit", after_pre_commit, _KILL, target=SLOT),
    Scenario("slots killed again while restoring", again_while_restoring, _KILL, target=SLOT),
    Scenario("all slots of a job killed", all_at_once, _KILL, target=SLOT),
)
