"""How `penstock tap` shows edges and records. Pure."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_SHOWN = ("key", "timestamp", "watermark")
#: ms beyond which Python has no date
_LAST_DATE = 253_402_300_799_999


def record_line(record: dict[str, Any], as_json: bool) -> str:
    """`0> ('a', 1)  key='a' timestamp=2026-01-01T00:00:00.000Z from=1`, or its JSON."""
    if as_json:
        return json.dumps(record)
    notes = [f"{name}={_shown(name, record[name])}" for name in _SHOWN if record.get(name) is not None]
    if record.get("producer") is not None:
        notes.append(f"from={record['producer']}")
    return f"{record['subtask']}> {record['text']}" + (f"  [{' '.join(notes)}]" if notes else "")


def edge_lines(vertices: Sequence[dict[str, Any]]) -> list[str]:
    """Every vertex with its edges."""
    lines: list[str] = []
    for vertex in vertices:
        lines.append(f"{vertex['name']}  ({vertex['id']}, parallelism {vertex['parallelism']})")
        lines += [f"  {edge['id']:<8} {edge['name']}" for edge in vertex["edges"]]
    return lines


def _shown(name: str, value: Any) -> str:
    if name == "key":
        return str(value)
    if not 0 <= value <= _LAST_DATE:
        return str(value)
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
