"""Names of metrics as they can stand in a query (`get=a,b`) and in Prometheus. Pure."""

import re

_NOT_IN_A_QUERY = re.compile(r"[^\w.\-<>/]")
_NOT_IN_PROMETHEUS = re.compile(r"[^a-zA-Z0-9_:]")


def query_name(name: str) -> str:
    """What would part two names or break a URL becomes `_`, as in Flink's REST: `Source: lines` -> `Source__lines`."""
    return _NOT_IN_A_QUERY.sub("_", name)


def prometheus_name(*parts: str) -> str:
    """`flink_taskmanager_job_task_operator_my_group_my_counter`."""
    name = "_".join(_NOT_IN_PROMETHEUS.sub("_", part) for part in parts)
    return f"_{name}" if name[:1].isdigit() else name
