"""Any interleaving of acquire, renew, release and expiry: one holder at most, epochs that rise."""

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.coordination.coordination import Coordination
from penstock.coordination.memory import MemoryCoordination

pytestmark = pytest.mark.contract

ROLE = "job:j"
TTL = 600_000
Action = Literal["acquire", "renew", "release", "expire"]
STEPS = st.lists(
    st.tuples(st.sampled_from(["acquire", "renew", "release", "expire"]), st.sampled_from(["a", "b", "c"])), max_size=30
)


def expire(coordination: Coordination) -> None:
    """What Redis does when the TTL is over."""
    key = coordination.keys.lease(ROLE)
    if isinstance(coordination, MemoryCoordination):
        coordination.space.delete(key)
    else:
        coordination.client.delete(key)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_interleaving(fresh: Callable[[], Coordination], steps: list[tuple[Action, str]]) -> None:
    coordination = fresh()
    leases = coordination.leases
    holder: str | None = None
    epoch = 0
    for action, nonce in steps:
        if action == "acquire":
            if holder is None:
                holder, epoch = nonce, epoch + 1
            assert leases.acquire(ROLE, nonce, TTL) == (epoch if holder == nonce else None)
        elif action == "renew":
            assert leases.renew(ROLE, nonce, TTL) == (holder == nonce)
        elif action == "release":
            assert leases.release(ROLE, nonce) == (holder == nonce)
            holder = None if holder == nonce else holder
        else:
            expire(coordination)
            holder = None
        assert leases.epoch(ROLE) == epoch
        assert leases.free([ROLE]) == ([] if holder else [ROLE])
