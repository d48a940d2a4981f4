"""How `penstock inspect` shows a checkpoint: tables for people, JSON for programs."""

import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from penstock.checkpoint.contents import Entry
from penstock.checkpoint.inspection import OperatorSummary, StateSummary, Summary

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def summary_json(found: Summary) -> str:
    """All of it, indented."""
    return json.dumps(asdict(found), indent=2)


def entry_json(entry: Entry) -> str:
    """One line. What JSON has no form for is given by its repr."""
    return json.dumps({**_fields(entry), "key": _plain(entry.key), "value": _plain(entry.value)})


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("state", "key", "value", "key_group", "subtask")}


def show(found: Summary) -> None:
    """On stdout."""
    console = Console(soft_wrap=True, highlight=False)
    taken = datetime.fromtimestamp(found.timestamp / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    console.print(f"[bold]{found.kind.capitalize()} {found.checkpoint}[/] of {taken}, {_size(found.bytes)}")
    console.print(f"  path    {escape(found.path)}")
    console.print(f"  job     {escape(found.job_name)} ({found.job})")
    console.print(f"  format  {found.format}")
    for vertex in found.vertices:
        ended = f", {vertex.ended} ended" if vertex.ended else ""
        console.print(
            f"\n[bold]{escape(vertex.name)}[/]: parallelism {vertex.parallelism} of at most {vertex.max_parallelism}, "
            f"{_size(vertex.bytes)}{ended}"
        )
        operators = [operator for operator in vertex.operators if operator.states]
        if operators:
            console.print(_table(operators))
        else:
            console.print("  no state", style="dim")
    if found.problems:
        console.print("\n[bold]Problems[/]")
        for problem in found.problems:
            console.print(f"  {escape(problem)}")


def show_entries(found: list[Entry]) -> None:
    """On stdout."""
    table = Table("state", "key", "value", "key group", "subtask", box=None, header_style="dim", pad_edge=False)
    for entry in found:
        key = repr(entry.key) if entry.is_keyed else ""
        group = "" if entry.key_group is None else str(entry.key_group)
        table.add_row(*map(escape, (entry.state, key, repr(entry.value), group, str(entry.subtask))))
    Console(soft_wrap=True, highlight=False).print(table)


def _table(operators: list[OperatorSummary]) -> Table:
    table = Table("operator", "state", "kind", "type", "entries", box=None, header_style="dim")
    for operator in operators:
        by = f"uid {operator.uid}" if operator.uid else operator.id
        backend = f", {operator.backend} files" if operator.backend else ""
        name = f"{operator.name} ({by}{backend}, {_size(operator.bytes)})"
        for number, state in enumerate(operator.states):
            table.add_row(*map(escape, (name if number == 0 else "", *_cells(state))))
    return table


def _cells(state: StateSummary) -> tuple[str, str, str, str]:
    kind = f"{state.kind}, ttl" if state.ttl else state.kind
    return state.name, kind, state.type or "", "?" if state.entries is None else str(state.entries)


def _size(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} {_UNITS[-1]}"


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {key: _plain(item) for key, item in value.items()}
    return repr(value)
