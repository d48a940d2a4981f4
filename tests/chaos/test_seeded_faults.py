"""Random faults under word counts whose output is known to the last line.

SEED chooses the faults (printed; the same seed makes the same choices), MINUTES how long it goes on.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.faults import (
    PacedJob,
    coordination_redis,
    end,
    exchange_redis,
    redis_pid,
    stopped,
    whole_again,
)
from tests.integration.cluster.local_cluster import LocalCluster

MINUTES = float(os.environ.get("MINUTES", "0.5"))
SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
#: seconds a round takes at most, over what its job needs
_PATIENCE = 90

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(int(MINUTES * 60) + 2 * _PATIENCE + 60)]
Fault = Callable[[LocalCluster, random.Random], None]


def kill(service: str, signum: signal.Signals = signal.SIGKILL) -> Fault:
    def fault(cluster: LocalCluster, choice: random.Random) -> None:
        alive = cluster.processes(service)
        if alive:
            end(choice.choice(alive)["pid"], signum)

    return fault


def stand_still(service: str) -> Fault:
    def fault(cluster: LocalCluster, choice: random.Random) -> None:
        alive = cluster.processes(service)
        if alive:
            with stopped(choice.choice(alive)["pid"]):
                time.sleep(choice.uniform(0.5, 4))

    return fault


def heal(cluster: LocalCluster, choice: random.Random) -> None:
    cluster.start()


def restart_coordination(cluster: LocalCluster, choice: random.Random) -> None:
    end(redis_pid(cluster, "redis"))
    time.sleep(choice.uniform(0, 2))
    cluster.start()


def drop_connections(cluster: LocalCluster, choice: random.Random) -> None:
    with choice.choice((coordination_redis, exchange_redis))(cluster) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def pause(cluster: LocalCluster, choice: random.Random) -> None:
    with choice.choice((coordination_redis, exchange_redis))(cluster) as client:
        client.execute_command("CLIENT", "PAUSE", str(choice.randrange(200, 3000)), "ALL")


def lose_exchange(cluster: LocalCluster, choice: random.Random) -> None:
    with exchange_redis(cluster) as client:
        client.flushall()


#: a job goes through these as if nothing had happened
HARMLESS: dict[str, Fault] = {
    "kill a jobmanager": kill("jobmanager"),
    "kill a resourcemanager": kill("resourcemanager"),
    "kill a dispatcher": kill("dispatcher"),
    "a jobmanager leaves": kill("jobmanager", signal.SIGTERM),
    "a resourcemanager leaves": kill("resourcemanager", signal.SIGTERM),
    "a jobmanager stands still": stand_still("jobmanager"),
    "a resourcemanager stands still": stand_still("resourcemanager"),
    "restart the coordination Redis": restart_coordination,
    "drop connections": drop_connections,
    "pause a Redis": pause,
    "start what is missing": heal,
}
#: these end it, and nothing else
FATAL: dict[str, Fault] = {
    "kill a slot": kill("slot"),
    "kill a TaskManager": kill("taskmanager"),
    "lose the exchange": lose_exchange,
}


def one_round(cluster: LocalCluster, folder: Path, choice: random.Random) -> str:
    """A job with one to three faults; what was done."""
    harmless = [choice.choice(list(HARMLESS)) for _ in range(choice.randint(1, 3))]
    fatal = choice.choice(list(FATAL)) if choice.random() < 0.25 else None
    done: list[str] = []
    job = PacedJob(cluster, folder, choice.uniform(3, 6))
    try:
        for name in harmless:
            time.sleep(choice.uniform(0, 2))
            done.append(name)
            HARMLESS[name](cluster, choice)
        # nobody restarts a service but we, and a client needs a dispatcher
        cluster.start()
        if fatal is None:
            job.finished_exactly(_PATIENCE)
        elif job.client.poll() is None:
            done.append(fatal)
            FATAL[fatal](cluster, choice)
            status = job.ended(_PATIENCE)
            # the last task may have finished just before
            assert status == 0 or "FAILED in" in job.said(), job.said()
            if status == 0:
                job.check_output()
        cluster.start()
        whole_again(cluster, seconds=_PATIENCE)
    except AssertionError as error:
        raise AssertionError(f"seed {SEED}, after {done}: {error}\n{cluster.log()}") from error
    finally:
        job.close()
    return ", ".join(done)


def test_exact_counts_under_random_faults(tmp_path: Path) -> None:
    print(f"SEED={SEED} MINUTES={MINUTES:g}")
    choice, rounds = random.Random(SEED), 0
    cluster = LocalCluster(tmp_path / "dir", *TWO_OF_EACH)
    deadline = time.monotonic() + MINUTES * 60
    try:
        while not rounds or time.monotonic() < deadline:
            begun = time.monotonic()
            done = one_round(cluster, tmp_path / f"job{rounds}", choice)
            print(f"round {rounds}: {done}: {time.monotonic() - begun:.1f} s", flush=True)
            rounds += 1
    finally:
        cluster.stop()
