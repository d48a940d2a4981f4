"""Watermark alignment: a source that is too far ahead of the others of its group waits for them.

Sources in one slot process know each other's watermarks at once; of those in other slots `runtime.slot_alignment`
tells. What is read is never another, only when.
"""

from weakref import WeakValueDictionary

from penstock.exchange.elements import MIN_TIMESTAMP


class AlignmentGroup:
    """The watermarks (ms) of the sources of one group in this process. Written by the slot's loop alone.

    `elsewhere`: the lowest one of the group in other slots; None: there is none, or it is not known.
    """

    def __init__(self) -> None:
        self.elsewhere: int | None = None
        self.interval = 0.0  #: seconds between two looks at other slots; the least that a member wants
        self._watermarks: dict[object, int] = {}
        self._idle: set[object] = set()

    def wants(self, interval_ms: int) -> None:
        """A member's update interval."""
        seconds = interval_ms / 1000
        self.interval = seconds if not self.interval else min(self.interval, seconds)

    def report(self, member: object, watermark: int, is_idle: bool) -> None:
        """An idle member, or one that has read nothing yet, holds nobody back."""
        self._watermarks[member] = watermark
        if is_idle:
            self._idle.add(member)
        else:
            self._idle.discard(member)

    def leave(self, member: object) -> None:
        """The member has ended."""
        self._watermarks.pop(member, None)
        self._idle.discard(member)

    def lowest(self) -> int | None:
        """Of the members here; None where none counts. From any thread."""
        return min(self._counting(None), default=None)

    def is_ahead(self, member: object, drift: int) -> bool:
        """Whether it is more than `drift` ms ahead of the last one of the others."""
        others = self._counting(member)
        if self.elsewhere is not None:
            others.append(self.elsewhere)
        return bool(others) and self._watermarks.get(member, MIN_TIMESTAMP) > min(others) + drift

    def _counting(self, but: object) -> list[int]:
        idle = self._idle
        there = list(self._watermarks.items())
        return [w for member, w in there if member is not but and w > MIN_TIMESTAMP and member not in idle]


#: kept while a source of the group holds it
_groups: WeakValueDictionary[tuple[str, str], AlignmentGroup] = WeakValueDictionary()


def alignment_group(job_id: str, name: str) -> AlignmentGroup:
    """The group of that name of this job."""
    group = _groups.get((job_id, name))
    if group is None:
        group = _groups[job_id, name] = AlignmentGroup()
    return group


def groups_of(job_id: str) -> dict[str, AlignmentGroup]:
    """The groups of a job that have sources here, by name. From any thread."""
    return {name: group for (job, name), group in list(_groups.items()) if job == job_id}
