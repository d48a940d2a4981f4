"""The Redises stall, drop connections, restart, lose the tail of what they knew, lose everything."""

import time
from typing import Any

from tests.chaos.harness import Ability, ClusterSpec, RedisName
from tests.chaos.run import Run
from tests.chaos.scenario import COORDINATION, EXCHANGE, Scenario
from tests.chaos.workloads.job import Workload

_REDIS = frozenset({Ability.REDIS})
_FILES = Workload(redis_sink=False)
#: as `DEBUG SLEEP`, which a server may refuse: nothing else is answered meanwhile
_SLEEP = """
local function now() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
local over = now() + tonumber(ARGV[1])
while now() < over do end
return 1
"""


def _kill_connections(run: Run, name: RedisName) -> None:
    with run.cluster.redis(name) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def stalled(run: Run) -> None:
    """3 s: nobody may be declared dead, and tasks go on."""
    at = run.note("the coordination Redis answers nobody for 3 s")
    with run.cluster.redis("coordination") as client:
        client.execute_command("CLIENT", "PAUSE", "3000", "ALL")
    run.no_gap(at, 4.5)
    run.checkpoints(2)


def asleep(run: Run) -> None:
    name: RedisName = run.choice.choice(["coordination", "exchange"])
    at = run.note(f"the {name} Redis does nothing for 3 s")
    with run.cluster.redis(name) as client:
        client.eval(_SLEEP, 0, "3000")
    run.back(at, counts=False)
    run.checkpoints(2)


def connections_killed(run: Run) -> None:
    begun = time.monotonic()
    for _ in range(8):
        name: RedisName = run.choice.choice(["coordination", "exchange"])
        run.note(f"CLIENT KILL at the {name} Redis")
        _kill_connections(run, name)
        run.sleep(0.05, 0.8)
    run.no_gap(begun, time.monotonic() - begun + 1)
    run.checkpoints(2)


def coordination_restarted(run: Run) -> None:
    at = run.note("kill the coordination Redis")
    run.cluster.kill_redis("coordination")
    run.sleep(0.5, 3)
    run.cluster.start_redis("coordination")
    up = run.note("it is up")
    first = run.until(lambda: next((t for t, _ in run.history.commits(run.role) if t > up), None), "a commit")
    run.outcome.recoveries.append(first - up)
    run.no_gap(at, time.monotonic() - at + 2)
    run.checkpoints(2)


def exchange_emptied(run: Run) -> None:
    at = run.note("FLUSHALL at the exchange Redis")
    with run.cluster.redis("exchange") as client:
        client.flushall()
    run.back(at)
    run.checkpoints(1)


def exchange_restarted(run: Run) -> None:
    run.note("kill the exchange Redis")
    run.cluster.kill_redis("exchange")
    run.sleep(0, 3)
    run.cluster.start_redis("exchange")
    up = run.note("it is up, and empty")
    run.back(up)
    run.checkpoints(1)


def tail_lost(run: Run) -> None:
    """A disk that lied: the coordination Redis comes back with what it knew some commands ago."""
    run.checkpoints(3)
    entries = run.choice.choice([5, 30, 150, 400])
    run.note(f"kill the coordination Redis, {entries} commands of its file are lost")
    run.cluster.kill_redis("coordination")
    run.cluster.start_redis_without_tail(entries)
    up = run.note("it is up")
    run.back(up, counts=False)
    run.checkpoints(2)


def both_restarted(run: Run) -> None:
    run.note("kill both Redises")
    names: list[Any] = ["coordination", "exchange"]
    run.choice.shuffle(names)
    for name in names:
        run.cluster.kill_redis(name)
    run.sleep(0, 2)
    run.choice.shuffle(names)
    for name in names:
        run.cluster.start_redis(name)
    up = run.note("they are up")
    run.back(up)
    run.checkpoints(1)


SCENARIOS = (
    Scenario("coordination Redis stalled 3 s", stalled, _REDIS, keeps_attempts=True, no_gap=True),
    Scenario("a Redis asleep 3 s", asleep, _REDIS, keeps_attempts=True),
    Scenario("connections killed", connections_killed, _REDIS, keeps_attempts=True, no_gap=True),
    Scenario(
        "coordination Redis restarted",
        coordination_restarted,
        _REDIS,
        # a sink's own Redis may not be away
        workload=_FILES,
        target=COORDINATION,
        keeps_attempts=True,
        no_gap=True,
    ),
    Scenario("exchange Redis emptied", exchange_emptied, _REDIS, target=EXCHANGE),
    Scenario("exchange Redis restarted", exchange_restarted, _REDIS, target=EXCHANGE),
    Scenario(
        "coordination Redis lost its tail",
        tail_lost,
        _REDIS | {Ability.REDIS_TAIL},
        spec=ClusterSpec(jobmanagers=2),
        workload=_FILES,
        may_be_older=True,
        reached=("older Redis noticed",),
    ),
    Scenario("both Redises restarted", both_restarted, _REDIS, workload=_FILES, target=EXCHANGE),
)
