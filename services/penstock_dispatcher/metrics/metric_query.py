"""`get=`, `agg=` and `subtasks=` of a metrics request, and the answers to them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from penstock_dispatcher.answers import Json
from penstock_dispatcher.job_metrics import aggregated
from penstock_dispatcher.metrics.task_metrics import Value
from penstock_dispatcher.problems import BadRequest
from penstock_dispatcher.request_reading import listed_parameter

_AGGREGATIONS = ("min", "max", "avg", "sum", "skew")
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def values_answer(request: Request, found: Mapping[str, Value]) -> Response:
    """Values as text, as in Flink; without `get` only names. A name that is unknown is left out."""
    wanted = listed_parameter(request, "get")
    if wanted is None:
        return Json([{"id": name} for name in found])
    return Json([{"id": name, "value": _text(found[name])} for name in wanted if name in found])


def aggregated_answer(request: Request, found: Sequence[Mapping[str, Value]]) -> Response:
    """Numbers over several: those of min, max, avg, sum, skew that `agg` picks, all without it."""
    kinds = listed_parameter(request, "agg") or _AGGREGATIONS
    for kind in kinds:
        if kind not in _AGGREGATIONS:
            raise BadRequest(f"agg {kind[:40]!r} is not one of: {', '.join(_AGGREGATIONS)}")
    wanted = listed_parameter(request, "get")
    if wanted is None:
        return Json([{"id": name} for name in dict.fromkeys(name for metrics in found for name in metrics)])
    answer: list[dict[str, Any]] = []
    for name in wanted:
        numbers = aggregated((metrics[name] for metrics in found if name in metrics), kinds)
        if numbers:
            answer.append({"id": name, **numbers})
    return Json(answer)


def chosen_subtasks(request: Request, parallelism: int) -> list[int]:
    """`subtasks=0,2-4`; all without it. Subtasks that there are not are left out."""
    parts = listed_parameter(request, "subtasks")
    if parts is None:
        return list(range(parallelism))
    chosen: set[int] = set()
    for part in parts:
        matched = _RANGE.fullmatch(part)
        if matched is None or int(matched[2] or matched[1]) < int(matched[1]):
            raise BadRequest(f"subtasks {part[:40]!r} is not a subtask (3) or a range of them (2-4)")
        first, last = int(matched[1]), int(matched[2] or matched[1])
        chosen |= set(range(first, min(last, parallelism - 1) + 1))
    return sorted(number for number in chosen if number < parallelism)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else repr(value)
