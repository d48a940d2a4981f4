"""Everything at once, one after the other, and at random."""

import time
from collections.abc import Callable

from tests.chaos.harness import SERVICES, Ability, ClusterSpec, Disturbance, RedisName
from tests.chaos.run import Run
from tests.chaos.scenario import EVERYTHING, Scenario
from tests.chaos.workloads.job import Workload

_BOTH: tuple[RedisName, ...] = ("coordination", "exchange")
_FILES = Workload(redis_sink=False)
Fault = Callable[[Run], None]


def at_once(run: Run) -> None:
    """A power cut."""
    run.note("kill every process of the cluster")
    names = [name for service in SERVICES for name in run.cluster.members(service)]
    run.choice.shuffle(names)
    for name in names:
        run.cluster.kill(name, whole=True)
    for redis in _BOTH:
        run.cluster.kill_redis(redis)
    run.sleep(0, 1)
    up = run.note("start everything")
    run.cluster.start()
    run.back(up)
    run.checkpoints(1)


def rolling_restart(run: Run) -> None:
    """Every service, one at a time, by SIGTERM; each is back before the next leaves."""
    names = [name for service in SERVICES for name in run.cluster.members(service)]
    for name in names:
        run.note(f"SIGTERM to {name}")
        run.cluster.terminate(name)
        run.cluster.start_member(name)
        run.cluster.start()
    run.back(time.monotonic(), counts=False)
    run.checkpoints(2)


def _kill_service(run: Run) -> None:
    name = run.one_of(run.choice.choice(SERVICES))
    run.note(f"kill {name}")
    run.cluster.kill(name, whole=run.choice.random() < 0.3)


def _kill_slot(run: Run) -> None:
    names = [slot.name for slot in run.cluster.slots()]
    if names:
        name = run.choice.choice(sorted(names))
        run.note(f"kill slot {name}")
        run.cluster.kill(name)


def _pause(run: Run) -> None:
    name = run.one_of(run.choice.choice(SERVICES))
    run.note(f"pause {name}")
    run.cluster.pause(name)
    run.sleep(0.2, 5)
    run.cluster.resume(name)
    run.note(f"resume {name}")


_DISTURBANCES = (
    (Disturbance("cut"), Ability.CUT),
    (Disturbance("cut", "requests"), Ability.ONE_WAY_CUT),
    (Disturbance("cut", "answers"), Ability.ONE_WAY_CUT),
    (Disturbance("latency", seconds=0.1), Ability.LATENCY),
    (Disturbance("reset"), Ability.RESET),
    (Disturbance("repeat", seconds=0.5, containing=b":outbox"), Ability.REPEAT),
)


def _disturb(run: Run) -> None:
    name = run.one_of(run.choice.choice(SERVICES))
    redis: RedisName = run.choice.choice(["coordination", "exchange"])
    able = run.cluster.abilities
    disturbance = run.choice.choice([what for what, needed in _DISTURBANCES if needed in able])
    run.note(f"{disturbance.kind} ({disturbance.direction}) between {name} and the {redis} Redis")
    run.cluster.disturb(name, redis, disturbance)
    run.sleep(0.2, 5)
    run.cluster.mend()


def _restart_redis(run: Run) -> None:
    redis: RedisName = run.choice.choice(["coordination", "coordination", "exchange"])
    run.note(f"restart the {redis} Redis")
    run.cluster.kill_redis(redis)
    run.sleep(0, 2)
    run.cluster.start_redis(redis)


def _drop_connections(run: Run) -> None:
    redis: RedisName = run.choice.choice(["coordination", "exchange"])
    run.note(f"CLIENT KILL at the {redis} Redis")
    with run.cluster.redis(redis) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


_FAULTS: tuple[Fault, ...] = (
    _kill_service,
    _kill_service,
    _kill_slot,
    _kill_slot,
    _pause,
    _disturb,
    _disturb,
    _restart_redis,
    _drop_connections,
)


def mix(run: Run) -> None:
    """One to six faults of any kind, some of them before the last one is over."""
    for _ in range(run.choice.randrange(1, 7)):
        run.choice.choice(_FAULTS)(run)
        run.sleep(0, 2.5)
        if run.choice.random() < 0.5:
            run.cluster.start()
    healed = run.note("heal")
    run.cluster.start()
    run.back(healed)
    run.checkpoints(1)


MIX = frozenset(
    {
        *(Ability.KILL, Ability.KILL_SLOT, Ability.PAUSE, Ability.CUT, Ability.RESET, Ability.REDIS),
    }
)
_PROXIED = ClusterSpec(proxied=True)

SCENARIOS = (
    Scenario(
        "everything killed at once",
        at_once,
        frozenset({Ability.KILL, Ability.REDIS}),
        workload=_FILES,
        target=EVERYTHING,
    ),
    Scenario("rolling restart", rolling_restart, frozenset({Ability.TERMINATE}), workload=_FILES, seconds=60),
    Scenario("random mix", mix, MIX, spec=_PROXIED, workload=_FILES, target=EVERYTHING, seconds=40),
    Scenario(
        "random mix, join",
        mix,
        MIX,
        spec=_PROXIED,
        workload=Workload("join", rate=200, redis_sink=False),
        target=EVERYTHING,
        seconds=40,
    ),
    Scenario(
        "random mix, timers and exceptions",
        mix,
        MIX,
        spec=_PROXIED,
        workload=Workload("timers", exceptions=2, redis_sink=False),
        target=EVERYTHING,
        seconds=40,
    ),
)
