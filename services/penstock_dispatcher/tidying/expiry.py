"""Which ended jobs are to be forgotten. Pure. Source: Flink's `jobstore.expiration-time`, `jobstore.max-capacity`."""

from collections.abc import Mapping


def expired(ended: Mapping[str, int], now: int, expiration: int, capacity: int) -> list[str]:
    """`ended`: job -> when it ended. All times in ms. The oldest first."""
    by_age = sorted(ended, key=lambda job: (ended[job], job))
    too_many = by_age[: max(0, len(by_age) - capacity)]
    return [job for job in by_age if job in too_many or ended[job] + expiration <= now]
