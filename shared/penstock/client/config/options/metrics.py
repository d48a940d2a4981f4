"""Keys of what is measured beside the counters, which always are."""

from enum import Enum

from penstock.client.config.option import duration, enumeration, integer, string_list


class LatencyGranularity(Enum):
    """`metrics.latency.granularity`: what the latency of an operator's subtask is told apart by."""

    SINGLE = "single"
    OPERATOR = "operator"
    SUBTASK = "subtask"


LATENCY_INTERVAL = duration(
    "metrics.latency.interval", "0 ms", "Interval at which sources emit latency markers; 0: they emit none."
)
LATENCY_GRANULARITY = enumeration(
    "metrics.latency.granularity",
    LatencyGranularity.OPERATOR,
    "Whether the latency of an operator is told apart by source (OPERATOR), by subtask of the source too (SUBTASK), or "
    "not at all (SINGLE).",
)
LATENCY_HISTORY = integer(
    "metrics.latency.history-size", 128, "Markers that the histogram of a latency is made of, the last ones.", least=1
)
TRACE_REPORTERS = string_list(
    "traces.reporters",
    None,
    "Names of trace reporters; `traces.reporter.<name>.exporter.endpoint` and others set them up: docs/metrics.md.",
)
