"""`/jobs/metrics` and `/jobs/:id/metrics`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.job_metrics import aggregated, job_metrics
from penstock_dispatcher.problems import BadRequest
from penstock_dispatcher.request_reading import checked_job_id, hex_id

_AGGREGATIONS = ("min", "max", "avg", "sum", "skew")


class MetricResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def of_job(self, request: Request) -> Response:
        """Values are text, as in Flink; without `get` only names. A name that is unknown is left out."""
        found = job_metrics(self._dispatcher.reader.job(hex_id(request, "jobid")))
        wanted = _listed(request, "get")
        if wanted is None:
            return Json([{"id": name} for name in found])
        return Json([{"id": name, "value": str(found[name])} for name in wanted if name in found])

    def of_jobs(self, request: Request) -> Response:
        """Over `jobs`, else over all that have not ended; `agg` picks of min, max, avg, sum, skew."""
        reader, chosen = self._dispatcher.reader, _listed(request, "jobs")
        if chosen is None:
            views = [view for view in reader.jobs() if not view.row.state.is_terminal]
        else:
            views = [reader.job(checked_job_id(job)) for job in chosen]
        kinds = _listed(request, "agg") or _AGGREGATIONS[:4]
        for kind in kinds:
            if kind not in _AGGREGATIONS:
                raise BadRequest(f"agg {kind[:40]!r} is not one of: {', '.join(_AGGREGATIONS)}")
        found = [job_metrics(view) for view in views]
        names = list(dict.fromkeys(name for metrics in found for name in metrics))
        wanted = _listed(request, "get")
        if wanted is None:
            return Json([{"id": name} for name in names])
        answer: list[dict[str, Any]] = []
        for name in wanted:
            numbers = aggregated((metrics[name] for metrics in found if name in metrics), kinds)
            if numbers:
                answer.append({"id": name, **numbers})
        return Json(answer)


def _listed(request: Request, name: str) -> list[str] | None:
    """A comma-separated query parameter, None where it is not given."""
    text = request.query_params.get(name)
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]
