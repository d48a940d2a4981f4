"""Watermark alignment: a source that is too far ahead of the others of its group waits for them.

Aligned are the sources that run in one slot process: they know each other's watermarks. What is read is never another,
only when; so sources in different slots go their own way.
"""

from weakref import WeakValueDictionary

from penstock.exchange.elements import MIN_TIMESTAMP


class AlignmentGroup:
    """The watermarks (ms) of the sources of one group in this process. Single-threaded, as the slot is."""

    def __init__(self) -> None:
        self._watermarks: dict[object, int] = {}
        self._idle: set[object] = set()

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

    def is_ahead(self, member: object, drift: int) -> bool:
        """Whether it is more than `drift` ms ahead of the last one of the others."""
        others = [w for m, w in self._watermarks.items() if m is not member and m not in self._idle]
        known = [w for w in others if w > MIN_TIMESTAMP]
        return bool(known) and self._watermarks.get(member, MIN_TIMESTAMP) > min(known) + drift


#: kept while a source of the group holds it
_groups: WeakValueDictionary[tuple[str, str], AlignmentGroup] = WeakValueDictionary()


def alignment_group(job_id: str, name: str) -> AlignmentGroup:
    """The group of that name of this job."""
    group = _groups.get((job_id, name))
    if group is None:
        group = _groups[job_id, name] = AlignmentGroup()
    return group
