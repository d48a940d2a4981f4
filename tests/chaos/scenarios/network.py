"""The network between a service and Redis: cut, cut one way, slow, reset, and repeating itself."""

import time

from tests.chaos.harness import SERVICES, Ability, ClusterSpec, Disturbance, RedisName
from tests.chaos.run import Run
from tests.chaos.scenario import JOBMANAGER, TASKMANAGER, Scenario, Target
from tests.chaos.workloads.job import Workload

_BOTH: tuple[RedisName, ...] = ("coordination", "exchange")
_PROXIED = ClusterSpec(proxied=True)
_JOIN = Workload("join", rate=200, redis_sink=False)


def leader_cut_off(run: Run) -> None:
    """What it had on its way arrives when the network is back: a stale leader's commits, refused."""
    stale, epoch = run.leader(), run.history.epoch(run.role)
    direction = run.direction("both", "requests", "answers")
    at = run.note(f"cut {stale} off from Redis ({direction})")
    run.cluster.disturb(stale, "coordination", Disturbance("cut", direction))
    run.taken_over(epoch, at)
    run.no_gap(at, 4)
    run.sleep(0, 3)
    run.note("mend")
    run.cluster.mend()
    run.sleep(1, 3)
    run.leader()
    run.checkpoints(2)


def commits_repeated(run: Run) -> None:
    """The leader's own commits once more and late: under itself, in a restart, and under its successor."""
    leader = run.leader()
    seconds = run.choice.choice([0.3, 1.0, 2.0])
    run.note(f"each commit of {leader} is sent again after {seconds} s")
    repeat = Disturbance("repeat", seconds=seconds, containing=b":outbox")
    run.cluster.disturb(leader, "coordination", repeat)
    run.checkpoints(4)
    name = run.choice.choice(run.busy_slots())
    at = run.note(f"kill slot {name}")
    run.cluster.kill(name)
    run.back(at, counts=False)
    epoch = run.history.epoch(run.role)
    at = run.note(f"kill {leader}: its last commits come under its successor")
    run.cluster.kill(leader)
    run.until(lambda: run.history.taken_over(run.role, epoch), "a successor")
    run.cluster.start_member(leader)
    run.checkpoints(2)
    time.sleep(seconds)
    run.cluster.mend()
    assert run.cluster.repeated(), "no commit was repeated"


def worker_cut_off(run: Run) -> None:
    """From both Redises, for longer than its heartbeat's timeout."""
    name = run.choice.choice(sorted({slot.partition("/")[0] for slot in run.busy_slots()}))
    direction = run.direction("both", "both", "requests", "answers")
    at = run.note(f"cut {name} off from both Redises ({direction})")
    for redis in _BOTH:
        run.cluster.disturb(name, redis, Disturbance("cut", direction))
    run.back(at)
    run.sleep(0, 3)
    run.note("mend")
    run.cluster.mend()
    run.sleep(1, 3)
    run.checkpoints(2)


def worker_cut_off_briefly(run: Run) -> None:
    name = run.choice.choice(sorted({slot.partition("/")[0] for slot in run.busy_slots()}))
    at = run.note(f"cut {name} off from both Redises")
    for redis in _BOTH:
        run.cluster.disturb(name, redis, Disturbance("cut"))
    run.sleep(0.2, 1.2)
    run.note("mend")
    run.cluster.mend()
    run.back(at, counts=False)
    run.checkpoints(2)


def slow(run: Run) -> None:
    """Everybody is far from Redis: nobody is declared dead for it."""
    seconds = run.choice.choice([0.02, 0.1, 0.25])
    run.note(f"{seconds} s to and from the coordination Redis")
    for service in SERVICES:
        for name in run.cluster.members(service):
            run.cluster.disturb(name, "coordination", Disturbance("latency", seconds=seconds))
    begun = time.monotonic()
    run.no_gap(begun, 6)
    run.checkpoints(1)
    run.cluster.mend()
    run.checkpoints(1)


def reset(run: Run) -> None:
    begun = time.monotonic()
    for _ in range(6):
        name = run.one_of(run.choice.choice(SERVICES))
        redis: RedisName = run.choice.choice(["coordination", "exchange"])
        run.note(f"reset the connections of {name} to the {redis} Redis")
        run.cluster.disturb(name, redis, Disturbance("reset"))
        run.sleep(0.1, 1)
    run.no_gap(begun, time.monotonic() - begun + 1)
    run.checkpoints(2)


def _scenario(name: str, body: object, *abilities: Ability, **more: object) -> Scenario:
    return Scenario(name, body, frozenset(abilities), spec=_PROXIED, **more)  # type: ignore[arg-type]


SCENARIOS = (
    _scenario(
        "leader cut off from Redis", leader_cut_off, Ability.CUT,
        target=Target(JOBMANAGER.p50 + 1.5, JOBMANAGER.p99 + 1.5, "the cut, lease included"),
        keeps_attempts=True, no_gap=True,
    ),
    _scenario(
        "leader's commits repeated late", commits_repeated, Ability.REPEAT, Ability.KILL_SLOT, Ability.KILL,
        reached=("commit of another revision refused", "stale leader's commit refused"),
    ),
    _scenario(
        "worker cut off from Redis", worker_cut_off, Ability.CUT, target=TASKMANAGER,
        reached=("TaskManager removed",),
    ),
    _scenario(
        "worker of a join cut off from Redis", worker_cut_off, Ability.CUT, workload=_JOIN,
        target=TASKMANAGER,
    ),
    _scenario("worker cut off briefly", worker_cut_off_briefly, Ability.CUT, keeps_attempts=True),
    _scenario("Redis is far away", slow, Ability.LATENCY, keeps_attempts=True, no_gap=True),
    _scenario("connections reset", reset, Ability.RESET, keeps_attempts=True, no_gap=True),
)  # fmt: skip
