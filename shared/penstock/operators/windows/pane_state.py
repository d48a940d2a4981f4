"""Panes as state: by key group, so that another parallelism can take them."""

import pickle
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.graph.key_groups import key_group

Panes = dict[int, dict[Any, Any]]


def snapshot_panes(panes: Panes, max_parallelism: int) -> dict[int, bytes]:
    """Key group -> pickled [(pane's start, key, contents), …]."""
    groups: dict[int, list[tuple[int, Any, Any]]] = {}
    known: dict[Any, int] = {}
    for start, pane in panes.items():
        for key, contents in pane.items():
            group = known.get(key)
            if group is None:
                group = known[key] = key_group(key, max_parallelism)
            groups.setdefault(group, []).append((start, key, contents))
    return {group: pickle.dumps(entries, protocol=5) for group, entries in groups.items()}


def restore_panes(snapshots: Iterable[Mapping[int, bytes]], owned: range) -> Panes:
    """The panes of the key groups in `owned`."""
    panes: Panes = {}
    for snapshot in snapshots:
        for group, payload in snapshot.items():
            if group in owned:
                for start, key, contents in pickle.loads(payload):
                    panes.setdefault(start, {})[key] = contents
    return panes
