"""A TaskManager's slot rows over Redis, written by its own compare-and-set only."""

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import SlotRow
from penstock.coordination.scripts import Argument, Script


class RedisSlots:
    """See `parts.Slots`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._set = Script(client, "slot_set")

    def compare_and_set(
        self,
        taskmanager: str,
        slot: int,
        expected_state: str,
        expected_allocation: str,
        new: SlotRow,
        event: tuple[str, bytes] | None = None,
    ) -> bool:
        keys = [self._keys.slots(taskmanager)]
        arguments: list[Argument] = [slot, expected_state, expected_allocation, new.incarnation, encode(new)]
        if event is not None:
            keys.append(event[0])
            arguments.append(event[1])
        return bool(self._set(keys, arguments))

    def get(self, taskmanager: str, slot: int) -> SlotRow | None:
        stored = self._client.hget(self._keys.slots(taskmanager), str(slot))
        return None if stored is None else decode(stored, SlotRow)

    def all(self, taskmanager: str) -> dict[int, SlotRow]:
        rows = self._client.hgetall(self._keys.slots(taskmanager))
        return dict(sorted((int(slot), decode(row, SlotRow)) for slot, row in rows.items()))

    def reset(self, taskmanager: str, incarnation: str, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"TaskManager {taskmanager!r} needs at least one slot, got {slots}")
        free = encode(SlotRow(state="FREE", incarnation=incarnation))
        with self._client.pipeline(transaction=True) as both:
            both.delete(self._keys.slots(taskmanager))
            both.hset(self._keys.slots(taskmanager), mapping={str(slot): free for slot in range(slots)})
            both.execute()
