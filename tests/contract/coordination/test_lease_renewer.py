"""The renewer as a real process: who keeps a lease, who loses it, and when."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from penstock.coordination.coordination import Coordination
from penstock.coordination.holder import holder_of
from penstock.coordination.renewer import LeaseRenewer

pytestmark = pytest.mark.integration

ROLE = "job:j"
#: ms; so long that what ends within a test did not end by expiry
LONG = 600_000

PARENT = """
import sys, time
from penstock.coordination.coordination import Coordination
from penstock.coordination.renewer import LeaseRenewer
url, prefix = sys.argv[1:]
coordination = Coordination.connect(url, prefix)
renewer = LeaseRenewer(url, prefix, 600_000, 50)
for role in ("job:j", "job:k"):
    assert coordination.leases.acquire(role, "parent", 600_000) == 1
    renewer.hold(role, "parent")
print(renewer.pid, flush=True)
while True:
    renewer.beat()
    time.sleep(0.05)
"""


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def coordination(redis_url: str, prefix: str) -> Iterator[Coordination]:
    with Coordination.connect(redis_url, prefix) as coordination:
        yield coordination


def lead(coordination: Coordination, renewer: LeaseRenewer, ttl_ms: int, nonce: str = "n") -> None:
    assert coordination.leases.acquire(ROLE, nonce, ttl_ms) is not None
    renewer.hold(ROLE, nonce)


def test_a_killed_parent_releases_its_leases_at_once(coordination: Coordination, redis_url: str, prefix: str) -> None:
    command = [sys.executable, "-c", PARENT, redis_url, prefix]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        helper = psutil.Process(int(parent.stdout.readline()))
        assert coordination.leases.free(["job:j", "job:k"]) == []
        cursor = coordination.leases.wait_wake("$", 1)
        parent.send_signal(signal.SIGKILL)
        until(lambda: len(coordination.leases.free(["job:j", "job:k"])) == 2, "the leases were not released")
        assert coordination.leases.wait_wake(cursor, 1) != cursor, "the others were woken"
        until(lambda: not helper.is_running() or helper.status() == psutil.STATUS_ZOMBIE, "the helper stayed")


def test_a_parent_that_beats_keeps_its_lease_beyond_the_ttl(
    coordination: Coordination, redis_url: str, prefix: str
) -> None:
    with LeaseRenewer(redis_url, prefix, 3000, 50) as renewer:
        # The lease has the renewer's TTL only once it was renewed.
        lead(coordination, renewer, LONG)
        lease = coordination.keys.lease(ROLE)
        until(lambda: 0 < coordination.client.pttl(lease) <= 3000, "never renewed")
        before = coordination.client.get(lease)
        for _ in range(20):
            renewer.beat()
            time.sleep(0.02)
        assert coordination.client.get(lease) == before == b"n"
        assert renewer.lost() == set()


def test_a_main_loop_that_stops_beating_loses_its_lease(
    coordination: Coordination, redis_url: str, prefix: str
) -> None:
    with LeaseRenewer(redis_url, prefix, 2000, 50, beat_timeout=0.3) as renewer:
        # Long at first: the helper may start slowly. Its first renewal shortens the lease.
        lead(coordination, renewer, LONG)
        renewer.beat()
        until(lambda: coordination.leases.free([ROLE]) == [ROLE], "a stuck loop kept its lease")
        until(lambda: not renewer.valid(ROLE), "and went on to act")
        assert renewer.lost() == set(), "nobody has told it yet"

        def told() -> bool:
            renewer.beat()
            return renewer.lost() == {ROLE}

        until(told, "the loop came back, and was not told")


def test_a_lease_another_has_taken_is_lost(coordination: Coordination, redis_url: str, prefix: str) -> None:
    with LeaseRenewer(redis_url, prefix, LONG, 50) as renewer:
        lead(coordination, renewer, LONG)
        assert renewer.valid(ROLE)
        coordination.leases.release(ROLE, "n")
        assert coordination.leases.acquire(ROLE, "other", LONG) == 2
        until(lambda: renewer.lost() == {ROLE}, "not told")
        assert not renewer.valid(ROLE)
        renewer.drop(ROLE)
        assert renewer.lost() == set()
    assert coordination.leases.renew(ROLE, "other", LONG), "neither drop nor close touched the other's lease"


def test_a_lease_held_again_is_no_longer_lost(coordination: Coordination, redis_url: str, prefix: str) -> None:
    with LeaseRenewer(redis_url, prefix, LONG, 50) as renewer:
        lead(coordination, renewer, LONG)
        coordination.leases.release(ROLE, "n")
        until(lambda: renewer.lost() == {ROLE}, "not told")
        lead(coordination, renewer, LONG, "n2")
        assert renewer.lost() == set()
        assert renewer.valid(ROLE)


def test_dropped_and_closed_leases_are_released(coordination: Coordination, redis_url: str, prefix: str) -> None:
    renewer = LeaseRenewer(redis_url, prefix, LONG, 50)
    lead(coordination, renewer, LONG)
    coordination.leases.acquire("job:k", "n", LONG)
    renewer.hold("job:k", "n")
    renewer.drop(ROLE)
    renewer.drop("job:never held")
    until(lambda: coordination.leases.free([ROLE, "job:k"]) == [ROLE], "the dropped one was kept")
    assert not renewer.valid(ROLE)
    renewer.close()
    assert coordination.leases.free(["job:k"]) == ["job:k"]
    assert not renewer.valid("job:k")


def test_an_acquire_that_took_too_long_is_not_valid(coordination: Coordination, redis_url: str, prefix: str) -> None:
    with LeaseRenewer(redis_url, prefix, 1500, 700) as renewer:
        renewer.hold(ROLE, "n", acquired=time.monotonic() - 1.0)
        assert not renewer.valid(ROLE), "two thirds of the TTL had passed before the answer came"


def test_a_holder_is_seen_while_its_renewer_has_a_connection(
    coordination: Coordination, redis_url: str, prefix: str
) -> None:
    with LeaseRenewer(redis_url, prefix, LONG, 50) as renewer:
        holder = holder_of(renewer.nonce())
        until(lambda: holder in coordination.leases.holders(), "not seen, and it holds nothing yet")
        lead(coordination, renewer, LONG)
        for connection in coordination.client.client_list():
            if connection["name"].endswith(holder):
                coordination.client.client_kill_filter(_id=connection["id"])
        until(lambda: holder in coordination.leases.holders(), "not seen after its connection was cut")
        os.kill(renewer.pid, signal.SIGKILL)
        until(lambda: holder not in coordination.leases.holders(), "still seen")


def test_a_helper_that_dies_is_replaced(coordination: Coordination, redis_url: str, prefix: str) -> None:
    with capture_logs() as logs, LeaseRenewer(redis_url, prefix, 20_000, 50) as renewer:
        lead(coordination, renewer, LONG)
        first = renewer.pid
        os.kill(first, signal.SIGKILL)

        def replaced() -> bool:
            renewer.beat()
            return renewer.pid != first

        until(replaced, "not replaced")
        coordination.leases.renew(ROLE, "n", LONG)
        until(lambda: coordination.client.pttl(coordination.keys.lease(ROLE)) <= 20_000, "the new one does not renew")
        assert renewer.lost() == set()
    assert "the lease renewer died, starting another" in [entry["event"] for entry in logs]
    assert coordination.leases.free([ROLE]) == [ROLE]


def test_orders_given_while_the_helper_does_not_listen_are_not_lost(
    coordination: Coordination, redis_url: str, prefix: str
) -> None:
    with LeaseRenewer(redis_url, prefix, LONG, 50) as renewer:
        lead(coordination, renewer, LONG)
        os.kill(renewer.pid, signal.SIGSTOP)
        for n in range(1000):  # more than a pipe holds
            renewer.hold(f"job:{n:0100}", "n")
        renewer.drop(ROLE)
        os.kill(renewer.pid, signal.SIGCONT)

        def is_released() -> bool:
            renewer.beat()
            return coordination.leases.free([ROLE]) == [ROLE]

        until(is_released, "the lease given up is released")


def test_while_redis_is_away_nobody_acts_and_afterwards_it_goes_on(
    start_redis: Callable[..., Any], prefix: str
) -> None:
    server = start_redis(persistent=True)
    with (
        Coordination.connect(server.url, prefix) as coordination,
        LeaseRenewer(server.url, prefix, 1500, 50) as renewer,
    ):
        lead(coordination, renewer, LONG)
        server.stop(kill=True)

        def invalid() -> bool:
            renewer.beat()
            return not renewer.valid(ROLE)

        until(invalid, "it acted without a confirmed lease")
        assert renewer.lost() == set()
        server.start()

        def settled() -> bool:
            renewer.beat()
            return renewer.valid(ROLE) or renewer.lost() == {ROLE}

        until(settled, "neither confirmed nor lost after Redis came back")
    server.stop()


def test_the_helper_is_small() -> None:
    program = "import sys, penstock.coordination.renewer_process; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(run.stdout.split())
    assert "redis" in loaded
    assert not loaded & {"structlog", "tenacity", "celery", "kombu", "msgspec", "orjson", "cloudpickle"}


def test_an_interval_that_renews_too_late() -> None:
    with pytest.raises(ValueError, match="interval 800 ms must be at most half of the lease's TTL 1500 ms"):
        LeaseRenewer("redis://127.0.0.1", "p", 1500, 800)
