"""Rates of a job's vertices, from two readings of its page. Pure. Times in ms, rates a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: watermarks that are no time of day: before 1970, or further ahead than a day
_DAY = 86_400_000
_DECADE = 3650 * _DAY
#: of an attempt that has not told its counters yet
_NOTHING = {"records-in": 0, "records-out": 0, "busy": 0, "backpressured": 0}


@dataclass(frozen=True, slots=True)
class Flow:
    """A vertex as it is shown. `busy`, `held_back`: shares of the worst subtask; rates None before there are two
    readings of the same attempts; `lag` in ms, None where event time says nothing; `depth`: entries of its logs."""

    name: str
    states: Mapping[str, int]
    records_in: int
    records_out: int
    rate_in: float | None
    rate_out: float | None
    busy: float | None
    held_back: float | None
    lag: int | None
    depth: int | None
    latency: float | None


def flows(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[Flow]:
    """Of all vertices, in their order. `before`: an earlier reading of the same job."""
    earlier = {v["id"]: v["subtasks"] for v in before["vertices"]} if before else {}
    took = now["now"] - before["now"] if before else 0
    return [_flow(v, earlier.get(v["id"], ()), took, now["now"]) for v in now["vertices"]]


def _flow(vertex: Mapping[str, Any], before: Sequence[Mapping[str, Any]], took: int, now: int) -> Flow:
    subtasks = vertex["subtasks"]
    measured = [s["measured"] for s in subtasks if s["measured"]]
    pairs = [
        (a["measured"] or _NOTHING, b["measured"])
        for a, b in zip(before, subtasks, strict=False)
        if b["measured"] and a["attempt"] == b["attempt"]
    ]
    has_rates = bool(pairs) and took > 0

    def rate(name: str) -> float | None:
        return sum(max(0, b[name] - a[name]) for a, b in pairs) * 1000 / took if has_rates else None

    def share(name: str) -> float | None:
        return max(min(1.0, max(0, b[name] - a[name]) / took) for a, b in pairs) if has_rates else None

    states: dict[str, int] = {}
    for subtask in subtasks:
        states[subtask["state"]] = states.get(subtask["state"], 0) + 1
    depths = [s["depth"] for s in subtasks if s["depth"] is not None]
    latencies = [m["latency"]["p99"] for m in measured if m.get("latency")]
    return Flow(
        name=vertex["name"],
        states=states,
        records_in=sum(m["records-in"] for m in measured),
        records_out=sum(m["records-out"] for m in measured),
        rate_in=rate("records-in"),
        rate_out=rate("records-out"),
        busy=share("busy"),
        held_back=share("backpressured"),
        lag=_lag([m["watermark"] for m in measured], now),
        depth=sum(depths) if depths else None,
        latency=max(latencies, default=None),
    )


def _lag(watermarks: Sequence[int | None], now: int) -> int | None:
    known = [w for w in watermarks if w is not None]
    if not known or len(known) < len(watermarks):
        return None
    least = min(known)
    return max(0, now - least) if 0 < least < now + _DAY and now - least < _DECADE else None


def read_by_sources(view: Mapping[str, Any], plan: Mapping[str, Any]) -> tuple[int, bool]:
    """Records that the vertices without an input have let go, and whether that is all. `plan`: of the job."""
    fed = {node["id"] for node in plan["nodes"] if node.get("inputs")}
    measured = [s["measured"] for v in view["vertices"] if v["id"] not in fed for s in v["subtasks"]]
    return sum(m["records-out"] for m in measured if m), all(m and m["final"] for m in measured)
