"""Claims and slot rows of the twin."""

import msgspec

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace
from penstock.coordination.messages import AllocationClaimed, decode, encode
from penstock.coordination.rows import Claim, SlotRow


class MemoryClaims:
    """See `parts.Claims`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def claim(self, job: str, allocation: str, epoch: int, nonce: str, pid: int, incarnation: str) -> bool:
        if not nonce:
            raise ValueError(f"the claim of allocation {allocation!r} needs a nonce")
        role = f"job:{job}"
        with self._space as space:
            row = self.get(job, allocation)
            if row is None:
                return False
            if row.state == "CLAIMED" and row.nonce == nonce:
                return True
            current = int(space.get(self._keys.epoch(role)) or 0)
            if row.state != "OFFERED" or row.incarnation != incarnation or max(row.epoch, epoch) > current:
                return False
            claimed = msgspec.structs.replace(row, state="CLAIMED", nonce=nonce, pid=pid)
            space.hash(self._keys.claims(job))[allocation] = encode(claimed)
            event = AllocationClaimed(epoch=epoch, allocation=allocation, pid=pid, incarnation=incarnation)
            space.append(self._keys.events(role), encode(event))
            return True

    def get(self, job: str, allocation: str) -> Claim | None:
        with self._space as space:
            stored = space.hashes.get(self._keys.claims(job), {}).get(allocation)
        return None if stored is None else decode(stored, Claim)


class MemorySlots:
    """See `parts.Slots`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def compare_and_set(
        self,
        taskmanager: str,
        slot: int,
        expected_state: str,
        expected_allocation: str,
        new: SlotRow,
        event: tuple[str, bytes] | None = None,
    ) -> bool:
        with self._space as space:
            row = self.get(taskmanager, slot)
            if row is None:
                return False
            if row == new:
                return True
            found = (row.incarnation, row.state, row.allocation)
            if found != (new.incarnation, expected_state, expected_allocation):
                return False
            space.hash(self._keys.slots(taskmanager))[str(slot)] = encode(new)
            if event is not None:
                space.append(*event)
            return True

    def get(self, taskmanager: str, slot: int) -> SlotRow | None:
        return self.all(taskmanager).get(slot)

    def all(self, taskmanager: str) -> dict[int, SlotRow]:
        with self._space as space:
            rows = dict(space.hashes.get(self._keys.slots(taskmanager), {}))
        return dict(sorted((int(slot), decode(row, SlotRow)) for slot, row in rows.items()))

    def reset(self, taskmanager: str, incarnation: str, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"TaskManager {taskmanager!r} needs at least one slot, got {slots}")
        free = encode(SlotRow(state="FREE", incarnation=incarnation))
        with self._space as space:
            space.hashes[self._keys.slots(taskmanager)] = {str(slot): free for slot in range(slots)}
