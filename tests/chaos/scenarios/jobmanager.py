"""JobManagers die, stand still, and are killed by what they lead: attempts stay, output does not pause."""

import threading
import time

from tests.chaos.harness import Ability, ClusterSpec
from tests.chaos.run import Run
from tests.chaos.scenario import JOBMANAGER, Scenario
from tests.chaos.watch.monitor import Command
from tests.chaos.workloads.job import Workload

_KILL = frozenset({Ability.KILL})


def killed(run: Run, *, whole: bool = False) -> None:
    run.sleep(0, 1)
    leader, epoch = run.leader(), run.history.epoch(run.role)
    run.note(f"kill {leader}{' with its lease renewer' if whole else ''}")
    at = run.cluster.kill(leader, whole=whole)
    run.taken_over(epoch, at)
    run.no_gap(at)
    run.cluster.start_member(leader)
    run.checkpoints(2)


def machine_killed(run: Run) -> None:
    killed(run, whole=True)


def while_deploying(run: Run) -> None:
    job = run.submit().wait_submitted()
    leader, epoch = run.leader(), run.history.epoch(run.role)
    run.sleep(0, 0.3)
    run.note(f"kill {leader}, the job is {run.state()}")
    at = run.cluster.kill(leader)
    run.taken_over(epoch, at)
    job.wait_running()
    run.cluster.start_member(leader)
    run.checkpoints(1)


def while_cancelling(run: Run) -> None:
    run.job.ends = "CANCELED"
    leader, epoch = run.leader(), run.history.epoch(run.role)
    run.note(f"cancel, kill {leader}")
    with run.rest() as client:
        client.request("PATCH", f"/v1/jobs/{run.job.id}", params={"mode": "cancel"})
    run.sleep(0, 0.15)
    run.cluster.kill(leader)
    at = time.monotonic()
    run.job.ended()
    taken = run.history.taken_over(run.role, epoch)
    if taken is not None:  # else it was over before
        run.outcome.recoveries.append(max(0.0, taken - at))


def in_a_savepoint(run: Run) -> None:
    leader, epoch = run.leader(), run.history.epoch(run.role)
    with run.rest() as client:
        body = {"target-directory": run.cluster.seen_by_jobs(run.job.folder / "savepoints"), "cancel-job": False}
        trigger = client.request("POST", f"/v1/jobs/{run.job.id}/savepoints", json=body).json()["request-id"]
        run.sleep(0, 0.1)
        run.note(f"savepoint {trigger}, kill {leader}")
        at = run.cluster.kill(leader)
        run.taken_over(epoch, at)

        def answered() -> bool:
            status = client.request("GET", f"/v1/jobs/{run.job.id}/savepoints/{trigger}").json()["status"]
            return bool(status["id"] == "COMPLETED")

        run.until(answered, f"the answer to savepoint {trigger}")
        answer = client.request("GET", f"/v1/jobs/{run.job.id}/savepoints/{trigger}").json()["operation"]
    assert "location" in answer, f"the savepoint was given up: {answer}"
    run.no_gap(at)
    run.cluster.start_member(leader)


def stopped_with_a_savepoint(run: Run) -> None:
    """And the next job goes on from it, behind the same output."""
    leader = run.leader()
    with run.rest() as client:
        body = {"targetDirectory": run.cluster.seen_by_jobs(run.job.folder / "savepoints"), "drain": False}
        trigger = client.request("POST", f"/v1/jobs/{run.job.id}/stop", json=body).json()["request-id"]
        run.sleep(0, 0.3)
        run.note(f"stop {trigger}, kill {leader}")
        run.cluster.kill(leader)
        assert run.job.ended() == 0, run.job.said()
        answer = client.request("GET", f"/v1/jobs/{run.job.id}/savepoints/{trigger}").json()["operation"]
    run.cluster.start_member(leader)
    run.submit(start_from=answer["location"], goes_on=run.job).wait_running()


def around_the_end(run: Run) -> None:
    run.job.end_input()
    leader = run.leader()
    run.sleep(0, 0.8)
    run.note(f"kill {leader}, the job is {run.state()}")
    run.cluster.kill(leader)
    run.job.ended()
    run.cluster.start_member(leader)


def right_after_the_end(run: Run) -> None:
    """The moment the tombstone is written."""
    buried = threading.Event()
    leader = run.leader()
    tombstone = run.history.keys.tombstone(run.job.id).encode()

    def look(command: Command) -> None:
        if command.name == "SET" and command.arguments[1] == tombstone:
            buried.set()

    run.history.on_command = look
    run.job.end_input()
    assert buried.wait(60), "no tombstone"
    run.note(f"tombstone, kill {leader}")
    run.cluster.kill(leader)
    run.job.ended()
    run.cluster.start_member(leader)
    run.sleep(1.0)


def in_turn(run: Run) -> None:
    """Faster than a lease expires."""
    begun = time.monotonic()
    for _ in range(run.choice.randrange(4, 8)):
        leader, epoch = run.leader(), run.history.epoch(run.role)
        run.note(f"kill {leader}")
        at = run.cluster.kill(leader, whole=run.choice.random() < 0.3)
        run.cluster.start_member(leader)
        run.sleep(0.1, 0.8)
        if run.choice.random() < 0.5:
            run.taken_over(epoch, at)
    run.no_gap(begun, time.monotonic() - begun)
    run.leader()
    run.checkpoints(2)


def paused(run: Run) -> None:
    """Past its lease; it comes back as a stale leader, and leads again when its successor dies."""
    stale, epoch = run.leader(), run.history.epoch(run.role)
    at = run.note(f"pause {stale}")
    run.cluster.pause(stale)
    run.taken_over(epoch, at)
    successor = run.leader(but=[stale])
    run.no_gap(at, 4)
    run.sleep(0, 3)
    run.note(f"resume {stale}")
    run.cluster.resume(stale)
    run.sleep(0.5, 2)
    epoch = run.history.epoch(run.role)
    run.note(f"kill {successor}")
    at = run.cluster.kill(successor)
    run.taken_over(epoch, at)
    assert run.leader(but=[successor]) == stale
    run.cluster.start_member(successor)


def all_killed(run: Run) -> None:
    """Nobody leads for seconds: tasks go on."""
    at = run.note("kill all JobManagers")
    names = list(run.cluster.members("jobmanager"))
    epoch = run.history.epoch(run.role)
    for name in names:
        run.cluster.kill(name, whole=run.choice.random() < 0.5)
    run.no_gap(at, run.choice.uniform(2, 4))
    up = run.note("start them")
    for name in names:
        run.cluster.start_member(name)
    run.taken_over(epoch, up)
    run.checkpoints(2)


def poison(run: Run, *, after: float = 0.0) -> None:
    """A job whose leader dies `after` s of leading it: it is FAILED after some takeovers, and the others are not."""
    bystander = run.submit(run.scenario.workload.but(redis_sink=False)).wait_running()
    victims: list[str] = []
    role = run.role
    done = threading.Event()

    def kill(led: str) -> None:
        if led == role and not done.is_set():
            # not here: what goes on is followed by this thread
            timer = threading.Timer(after, kill_leader)
            timer.daemon = True
            timer.start()

    def kill_leader() -> None:
        name = run.cluster.leader(role)
        while name is None and not done.wait(0.05):
            name = run.cluster.leader(role)
        if name is not None and not done.is_set():
            try:
                run.cluster.kill(name, whole=False)
            except (KeyError, ProcessLookupError, AssertionError):
                return
            victims.append(name)
            run.cluster.start_member(name)

    run.job.ends = "FAILED"
    run.history.on_leader = kill
    run.note("kill whoever leads the job")
    run.cluster.kill(run.leader())
    run.cluster.start()
    try:
        run.job.ended()
    finally:
        done.set()
    run.sleep(after + 0.5)
    run.note(f"{len(victims)} JobManagers died of it")
    run.cluster.start()
    said = run.job.said()
    assert "taken over" in said, said
    assert run.state(bystander) == "RUNNING", run.state(bystander)
    run.checkpoints(2, bystander)


def slow_poison(run: Run) -> None:
    """Longer than the shortest probation: the others are taken over with it, until probation is longer."""
    poison(run, after=5.0)


_SMALL = Workload(rate=200, redis_sink=False)

SCENARIOS = (
    Scenario("jobmanager killed", killed, _KILL, target=JOBMANAGER, keeps_attempts=True, no_gap=True),
    Scenario(
        "jobmanager's machine killed", machine_killed, _KILL, target=JOBMANAGER, keeps_attempts=True, no_gap=True
    ),
    Scenario(
        "jobmanager killed while deploying", while_deploying, _KILL, target=JOBMANAGER, keeps_attempts=True, job=False
    ),
    Scenario(
        "jobmanager killed while cancelling", while_cancelling, _KILL, target=JOBMANAGER, keeps_attempts=True,
        ends="CANCELED",
    ),
    Scenario(
        "jobmanager killed in a savepoint", in_a_savepoint, _KILL, target=JOBMANAGER, keeps_attempts=True, no_gap=True
    ),
    Scenario("jobmanager killed in a stop with savepoint", stopped_with_a_savepoint, _KILL),
    Scenario("jobmanager killed around the end", around_the_end, _KILL),
    Scenario("jobmanager killed right after the end", right_after_the_end, _KILL, keeps_attempts=True),
    Scenario("jobmanagers killed in turn", in_turn, _KILL, target=JOBMANAGER, keeps_attempts=True, no_gap=True),
    Scenario("jobmanagers all killed", all_killed, _KILL, keeps_attempts=True, no_gap=True),
    Scenario(
        "leader paused past its lease", paused, frozenset({Ability.PAUSE, Ability.KILL}), target=JOBMANAGER,
        keeps_attempts=True, no_gap=True, reached=("job led",),
    ),
    Scenario(
        "job that kills its jobmanager", poison, _KILL,
        spec=ClusterSpec(jobmanagers=3, taskmanagers=2, slots=2), workload=_SMALL,
    ),
    Scenario(
        "job that kills its jobmanager after a while", slow_poison, _KILL,
        spec=ClusterSpec(jobmanagers=3, taskmanagers=2, slots=2), workload=_SMALL, seconds=150,
    ),
)  # fmt: skip
