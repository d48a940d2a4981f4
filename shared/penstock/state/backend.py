"""The hash map state backend: one dict a state, key -> value. Key groups are computed when a snapshot is taken."""

import pickle
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.graph.key_groups import key_group

#: key group -> pickled {state name: [(key, value), …]}
Snapshot = dict[int, bytes]


class HashMapKeyedStateBackend:
    """The keyed state of one operator in one subtask.

    `key` is the key that state objects refer to; the operator sets it for each record and timer. The dicts that `table`
    gives stay the same for the life of the backend, so that operators may use them without going through it.
    """

    __slots__ = ("_kinds", "_tables", "key", "max_parallelism")

    def __init__(self, max_parallelism: int) -> None:
        self.key: Any = None
        self.max_parallelism = max_parallelism
        self._tables: dict[str, dict[Any, Any]] = {}
        self._kinds: dict[str, str] = {}

    def table(self, name: str, kind: str) -> dict[Any, Any]:
        """The dict of a state. ValueError where the name is in use for another kind of state."""
        known = self._kinds.setdefault(name, kind)
        if known != kind:
            raise ValueError(f"state {name!r} is a {known} state already; give the {kind} state another name")
        return self._tables.setdefault(name, {})

    def snapshot(self) -> Snapshot:
        """All state by key group, pickled at once: nothing that is changed later shows in it."""
        groups: dict[int, dict[str, list[tuple[Any, Any]]]] = {}
        known: dict[Any, int] = {}
        for name, table in self._tables.items():
            for key, value in table.items():
                group = known.get(key)
                if group is None:
                    group = known[key] = key_group(key, self.max_parallelism)
                groups.setdefault(group, {}).setdefault(name, []).append((key, value))
        return {group: pickle.dumps(states, protocol=5) for group, states in groups.items()}

    def restore(self, snapshots: Iterable[Mapping[int, bytes]], owned: range) -> None:
        """Take the key groups in `owned` out of these snapshots (those of all former subtasks that overlap)."""
        for snapshot in snapshots:
            for group, payload in snapshot.items():
                if group in owned:
                    for name, entries in pickle.loads(payload).items():
                        self._tables.setdefault(name, {}).update(entries)
