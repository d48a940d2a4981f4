"""compose.yaml with compose.sentinel.yaml: the master of the coordination Redis is killed under a job."""

from collections import Counter
from pathlib import Path

import pytest

from penstock.testing import committed_lines

from .stack import Stack

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

_COUNT, _KEYS = 20_000, 7
JOB = Path(__file__).with_name("paced_totals.py")


def test_a_job_outlives_the_master_of_its_coordination_redis(stack_with_sentinels: Stack) -> None:
    stack = stack_with_sentinels
    running = stack.start_submit(f"JOB={JOB}", f"ARGS=/data/totals {_COUNT} {_KEYS} 0.002", "P=4")
    stack.checkpoints_completed(2)
    before = stack.taskmanagers()
    (master,) = stack.containers("redis")
    stack.run("docker", "kill", master)
    stdout, stderr = running.communicate(timeout=400)
    assert running.returncode == 0, stdout + stderr + told_by_sentinels(stack)
    assert "restart" not in stdout.splitlines()[-1], stdout
    expected = Counter(f"({key},{n})" for number in range(_COUNT) for key, n in [(number % _KEYS, number // _KEYS + 1)])
    assert Counter(committed_lines(stack.data / "totals")) == expected
    assert stack.taskmanagers() == before, "nobody was declared dead"
    assert role(stack, "redis-replica") == "master"

    # what was killed comes back as a replica of the new master
    stack.run("docker", "compose", "up", "-d", "--no-build")
    stack.wait(lambda: role(stack, "redis") == "slave", "the old master is a replica")
    stack.wait_healthy()


def told_by_sentinels(stack: Stack) -> str:
    services = ("sentinel-1", "sentinel-2", "sentinel-3", "redis-replica")
    return stack.run("docker", "compose", "logs", "--no-color", "--tail=60", *services, check=False).stdout


def role(stack: Stack, service: str) -> str:
    (container,) = stack.containers(service)
    told = stack.run("docker", "exec", container, "redis-cli", "info", "replication", check=False).stdout
    return next((line[5:].strip() for line in told.splitlines() if line.startswith("role:")), "")
