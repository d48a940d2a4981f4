"""Which free slots answer a job's requests: those of the TaskManagers with the most free ones, so that load spreads."""

from collections.abc import Iterable, Mapping

from penstock.coordination.rows import TaskManagerRow
from penstock_resourcemanager.ledger import SlotId


def free_slots(taskmanagers: Mapping[str, TaskManagerRow], taken: Iterable[SlotId]) -> dict[str, list[int]]:
    """TaskManager -> its free slots, ascending."""
    occupied = set(taken)
    return {
        name: [slot for slot in range(row.slots) if (name, slot) not in occupied]
        for name, row in sorted(taskmanagers.items())
    }


def place(free: Mapping[str, list[int]], count: int) -> list[SlotId] | None:
    """`count` slots, each from the TaskManager with the most left (the first by id among equals); None: not enough."""
    if sum(map(len, free.values())) < count:
        return None
    left = {name: list(slots) for name, slots in free.items()}
    chosen: list[SlotId] = []
    for _ in range(count):
        name = max(left, key=lambda candidate: len(left[candidate]))
        chosen.append((name, left[name].pop(0)))
    return chosen
