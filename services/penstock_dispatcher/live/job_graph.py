"""What of a job stays as it is: its operators, edges and settings. Pure."""

import re
from typing import Any

from penstock.client.config import Configuration
from penstock.graph.job_graph import JobGraph

#: as in Flink, values of such keys are not shown
_SECRET = re.compile(
    r"password|secret|token|credential|api-?key|access[._-]?key|account\.key|auth-params|basic-auth|jaas", re.IGNORECASE
)
HIDDEN = "******"
_INTERNAL = "$internal."


def job_graph(graph: JobGraph, configuration: Configuration) -> dict[str, Any]:
    """The whole document. `configuration`: the job's effective one."""
    return {
        "id": graph.job_id,
        "name": graph.name,
        "type": graph.job_type,
        "python": graph.python_version,
        "requirements": list(graph.requirements),
        "package": graph.package,
        **shape(graph),
        "configuration": {"job": shown(graph.configuration), "effective": shown(configuration.to_dict())},
    }


def shape(graph: JobGraph) -> dict[str, Any]:
    """Vertices with their chains, and the edges between them."""
    return {
        "vertices": [
            {
                "id": vertex.id,
                "name": vertex.name,
                "parallelism": vertex.parallelism,
                "max-parallelism": vertex.max_parallelism,
                "slot-sharing-group": vertex.slot_sharing_group,
                "operators": [
                    {"id": o.id, "name": o.name, "uid": o.uid, "description": o.description} for o in vertex.operators
                ],
            }
            for vertex in graph.vertices
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "strategy": edge.strategy,
                "input": edge.target_input,
                "tag": edge.tag,
            }
            for edge in graph.edges
        ],
    }


def shown(entries: dict[str, str]) -> dict[str, str]:
    """Without what is secret or our own; passwords within URLs are hidden too."""
    return {
        key: HIDDEN if _SECRET.search(key) else _PASSWORD.sub(rf"\1{HIDDEN}@", value)
        for key, value in sorted(entries.items())
        if not key.startswith(_INTERNAL)
    }


_PASSWORD = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
