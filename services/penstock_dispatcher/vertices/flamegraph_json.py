"""Flink's flame graph of a vertex, from the stacks of its subtasks. Pure."""

from collections.abc import Iterable
from typing import Any, Literal

from penstock.coordination.rows import StackSamples

Kind = Literal["FULL", "ON_CPU", "OFF_CPU"]
KINDS: tuple[Kind, ...] = ("FULL", "ON_CPU", "OFF_CPU")

#: Flink's answers without a graph; the Web UI tells them apart by these
WAITING: dict[str, Any] = {"endTimestamp": -1, "data": None}
DISABLED: dict[str, Any] = {"endTimestamp": -2, "data": None}
TERMINATED: dict[str, Any] = {"endTimestamp": -3, "data": None}


def flamegraph(seen: Iterable[StackSamples], kind: Kind) -> dict[str, Any]:
    """A tree of frames, each with the number of samples that it is in, the largest first."""
    root: dict[str, Any] = {"name": "root", "value": 0, "children": {}}
    newest = -1
    for samples in seen:
        newest = max(newest, samples.time)
        for stack, on_cpu, off_cpu in samples.stacks:
            count = (on_cpu if kind != "OFF_CPU" else 0) + (off_cpu if kind != "ON_CPU" else 0)
            if count:
                _add(root, stack, count)
    return WAITING if newest < 0 else {"endTimestamp": newest, "data": _listed(root)}


def _add(node: dict[str, Any], stack: tuple[str, ...], count: int) -> None:
    node["value"] += count
    for name in stack:
        node = node["children"].setdefault(name, {"name": name, "value": 0, "children": {}})
        node["value"] += count


def _listed(node: dict[str, Any]) -> dict[str, Any]:
    children = sorted(node["children"].values(), key=lambda child: -child["value"])
    return {"name": node["name"], "value": node["value"], "children": [_listed(child) for child in children]}
