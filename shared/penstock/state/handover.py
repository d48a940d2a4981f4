"""From the snapshots of former subtasks to what a new one begins with, without storage between them."""

from collections.abc import Iterable, Sequence
from typing import Any

from penstock.checkpoint.handles import Redistribution
from penstock.graph.key_groups import key_group_range
from penstock.state.portable import MIXED
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot, RestoredKeyed, RestoredOperator


def hand_over(
    former: Sequence[OperatorSnapshot], subtask: int, parallelism: int, max_parallelism: int
) -> RestoredOperator:
    """What `subtask` of `parallelism` gets of one operator: its key groups in the portable form, or pieces that have
    some, and its list state.

    `former`: of all its subtasks, in order. They are read, not released.
    """
    owned = key_group_range(subtask, parallelism, max_parallelism)
    keyed = []
    for old, snapshot in enumerate(former):
        theirs = key_group_range(old, len(former), max_parallelism)
        if snapshot.keyed is not None and theirs.start < owned.stop and owned.start < theirs.stop:
            groups = [(group, state) for group, state in snapshot.keyed.groups() if group in owned or group == MIXED]
            keyed.append(RestoredKeyed(snapshot.keyed.states, iter(groups), None, theirs.start, theirs.stop))
    lists: dict[str, list[Any]] = {}
    metas = {}
    for name in dict.fromkeys(name for snapshot in former for name in snapshot.lists):
        parts = [snapshot.lists.get(name) for snapshot in former]
        known = next(part for part in parts if part is not None)
        lists[name] = spread(known.redistribution, [_items(part) for part in parts], subtask, parallelism)
        if known.meta is not None:
            metas[name] = known.meta
    return RestoredOperator(owned, keyed, lists, metas, len(former))


def spread(redistribution: Redistribution, former: Sequence[list[Any]], subtask: int, parallelism: int) -> list[Any]:
    """The items of a list state that `subtask` gets; `former`: the items of each former subtask."""
    if redistribution == "broadcast":
        return former[subtask % len(former)]
    items = [item for part in former for item in part]
    if redistribution == "union":
        return items
    return former[subtask] if len(former) == parallelism else items[subtask::parallelism]


def _items(part: ListSnapshot | None) -> list[Any]:
    items: Iterable[Any] = () if part is None else part.items
    return list(items)
