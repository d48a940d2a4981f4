"""The Grafana dashboard in docs/ asks only for what a dispatcher shows."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

from penstock.coordination.rows import LatencyHistogram, SubtaskMetrics
from penstock.operators.source_metrics import Activity, add_metrics
from penstock.runtime.metrics import MetricRegistry

from .replica import JOB, SINK, SOURCE, Replica, graph
from .test_prometheus import busy, scraped

__all__ = ["busy"]


class AllKnowing:
    """A source that knows all that one may."""

    activity = Activity()
    emitted_time = emitted_watermark = 1
    reader = SimpleNamespace(pending_records=1, fetch_event_time_lag=1)


def of_a_source() -> dict[str, int | float | str]:
    registry = MetricRegistry()
    add_metrics(registry.group(graph().vertex(SINK).operators[0].name), AllKnowing())
    return registry.values()


_DASHBOARD = Path(__file__).parents[3] / "docs/grafana-dashboard.json"
_NAMES = re.compile(r"\b(?:flink|penstock)_\w+")


def test_every_metric_of_the_dashboard_is_there(busy: Replica) -> None:
    histogram = LatencyHistogram(operator=SINK, source=SOURCE, count=1)
    busy.coordination.metrics.put(JOB, SINK, 0, SubtaskMetrics(attempt=0, latency=(histogram,), user=of_a_source()))
    dashboard = json.loads(_DASHBOARD.read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    asked += [variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    names = {name for text in asked for name in _NAMES.findall(text)}
    assert len(names) > 20
    assert names - scraped(busy).keys() == set()
