"""Who leads how many jobs: what a replica takes at once, and when it hands one over. Pure."""

from collections.abc import Iterable, Mapping

from penstock.coordination.rows import ServiceInfo

#: ms; a replica announces itself every second
_FRESH = 3_000


def replicas(services: Iterable[ServiceInfo], own: str) -> dict[str, int]:
    """The other jobmanagers and how many jobs each leads.

    One that was killed just now is still in the registry: by the newest row it is known to be late. What another says
    that it leads by now is not counted for it.
    """
    known = [info for info in services if info.service == "jobmanager"]
    newest = max((info.time for info in known), default=0)
    counted: set[str] = set()
    found: dict[str, int] = {}
    for info in sorted(known, key=lambda info: info.time, reverse=True):
        jobs = set(info.jobs) - counted
        counted |= jobs
        if info.id != own and info.time >= newest - _FRESH:
            found[info.id] = len(jobs)
    return found


def quota(own: int, others: Iterable[int], free: int) -> int:
    """How many of the free jobs to take at once; the others get a moment for theirs. `own`, `others`: jobs led."""
    counts = [own, *others]
    fair = -(-(sum(counts) + free) // len(counts))
    return max(0, fair - own)


def hands_over(id: str, own: int, others: Mapping[str, int]) -> bool:
    """Whether to give one away: only who leads the most does (of equals the first by id), to one with two fewer."""
    if not others or own - min(others.values()) < 2:
        return False
    return all(own > count or (own == count and id < other) for other, count in others.items())
