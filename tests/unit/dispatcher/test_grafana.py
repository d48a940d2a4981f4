"""The Grafana dashboard in docs/ asks only for what a dispatcher shows."""

import json
import re
from pathlib import Path

from penstock.coordination.rows import LatencyHistogram, SubtaskMetrics

from .replica import JOB, SINK, SOURCE, Replica
from .test_prometheus import busy, scraped

__all__ = ["busy"]

_DASHBOARD = Path(__file__).parents[3] / "docs/grafana-dashboard.json"
_NAMES = re.compile(r"\b(?:flink|penstock)_\w+")


def test_every_metric_of_the_dashboard_is_there(busy: Replica) -> None:
    histogram = LatencyHistogram(operator=SINK, source=SOURCE, count=1)
    busy.coordination.metrics.put(JOB, SINK, 0, SubtaskMetrics(attempt=0, latency=(histogram,)))
    dashboard = json.loads(_DASHBOARD.read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    asked += [variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    names = {name for text in asked for name in _NAMES.findall(text)}
    assert len(names) > 20
    assert names - scraped(busy).keys() == set()
