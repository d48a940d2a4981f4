"""ResourceManagers die and stand still while slots are asked for: no request is forgotten, no slot given twice."""

import threading

from tests.chaos.harness import Ability
from tests.chaos.run import Run
from tests.chaos.scenario import JOBMANAGER, Scenario
from tests.chaos.watch.monitor import Command

_ROLE = "resourcemanager"


def in_a_slot_request(run: Run) -> None:
    """Asked, and about to answer, or just having answered."""
    asked = threading.Event()
    events = run.history.keys.events(_ROLE).encode()

    def look(command: Command) -> None:
        if command.script and command.name == "XADD" and command.arguments[1] == events:
            asked.set()

    leader, epoch = run.leader(_ROLE), run.history.epoch(_ROLE)
    run.history.on_command = look
    job = run.submit()
    assert asked.wait(60), "nobody asked for slots"
    run.sleep(0, 0.03)
    run.note(f"slots are asked for: kill {leader}")
    at = run.cluster.kill(leader)
    run.led_anew(_ROLE, epoch, at)
    job.wait_running()
    run.cluster.start_member(leader)
    run.checkpoints(1)


def while_a_job_waits(run: Run) -> None:
    """All slots are taken; the successor still knows who waits."""
    workload = run.scenario.workload.but(redis_sink=False)
    second = run.submit(workload).wait_running()
    third = run.submit(workload).wait_submitted()
    run.until(lambda: "waiting for" in (row.message if (row := run.job_row(third)) else ""), "a job to wait")
    leader, epoch = run.leader(_ROLE), run.history.epoch(_ROLE)
    run.note(f"kill {leader} while a job waits for slots")
    at = run.cluster.kill(leader, whole=run.choice.random() < 0.5)
    run.led_anew(_ROLE, epoch, at)
    run.cluster.start_member(leader)
    second.end_input()
    second.ended()
    third.wait_running()
    run.checkpoints(1, third)


def paused(run: Run) -> None:
    stale, epoch = run.leader(_ROLE), run.history.epoch(_ROLE)
    at = run.note(f"pause {stale}")
    run.cluster.pause(stale)
    run.led_anew(_ROLE, epoch, at)
    other = run.submit(run.scenario.workload.but(redis_sink=False)).wait_running()
    run.note(f"resume {stale}")
    run.cluster.resume(stale)
    run.sleep(1, 3)
    run.checkpoints(1, other)


SCENARIOS = (
    Scenario(
        "resourcemanager killed in a slot request",
        in_a_slot_request,
        frozenset({Ability.KILL}),
        target=JOBMANAGER,
        job=False,
        keeps_attempts=True,
    ),
    Scenario(
        "resourcemanager killed while a job waits",
        while_a_job_waits,
        frozenset({Ability.KILL}),
        target=JOBMANAGER,
        keeps_attempts=True,
    ),
    Scenario(
        "resourcemanager paused past its lease",
        paused,
        frozenset({Ability.PAUSE}),
        target=JOBMANAGER,
        keeps_attempts=True,
        reached=("ResourceManager stepped down",),
    ),
)
