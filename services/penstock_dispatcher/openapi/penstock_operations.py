"""PENSTOCK: our own operations, by "METHOD /path". They have no `/v1` form."""

from penstock.graph.job_graph import JobGraph
from penstock_dispatcher.openapi.operation import Operation

_OWN = "penstock"
#: page -> what can be asked of it
_PAGES: dict[str, tuple[str, ...]] = {
    "/overview": (),
    "/taskmanagers": (),
    "/jobs/{jobid}": ("vertex",),
    "/logs": ("file", "last", "after"),
}


def _views() -> dict[str, Operation]:
    found = {
        "GET /penstock/views/jobs/{jobid}/graph": Operation("A job's graph, for its page.", _OWN),
        "GET /penstock/views/jobs/{jobid}/failures": Operation("A job's failures, for its page.", _OWN, answer="any"),
        "GET /penstock/views/jobs/{jobid}/attempts": Operation("Attempts before the current ones.", _OWN, answer="any"),
    }
    for page, query in _PAGES.items():
        found[f"GET /penstock/views{page}"] = Operation("What a page of the Web UI shows.", _OWN, query=query)
        found[f"GET /penstock/events{page}"] = Operation(
            "The same, again whenever it changes.", _OWN, query=query, answer="string", media="text/event-stream"
        )
    return found


def _taps() -> dict[str, Operation]:
    path = "/jobs/{jobid}/vertices/{vertexid}/tap"
    query = ("edge", "subtask", "filter", "limit", "cursor")
    edge = {"id": "string", "name": "string", "in-chain": "boolean", "sampled-by": "string", "subtasks": "integer"}
    answer = {
        "now": "integer",
        "job": "string",
        "state": "string",
        "edge": edge,
        "subtasks": [{"subtask": "integer", "attempt": "integer", "sampled": "integer", "watermark": "integer"}],
        "records": [
            {
                "id": "string",
                "subtask": "integer",
                "attempt": "integer",
                "time": "integer",
                "text": "string",
                "type": "string",
                "key": "string",
                "timestamp": "integer",
                "watermark": "integer",
                "producer": "integer",
            }
        ],
        "cursor": "string",
    }
    vertex = {"id": "string", "name": "string", "parallelism": "integer", "edges": [edge]}
    return {
        "GET /penstock/jobs/{jobid}/taps": Operation("Edges that can be tapped.", _OWN, answer={"vertices": [vertex]}),
        f"GET /penstock{path}": Operation(
            "Records that passed on an edge; it is sampled for 5 s more.", _OWN, query=query, answer=answer
        ),
        f"GET /penstock/views{path}": Operation("The same, for a page.", _OWN, query=query, answer=answer),
        f"GET /penstock/events{path}": Operation(
            "The same, again whenever something passes.", _OWN, query=query, answer="string", media="text/event-stream"
        ),
    }


PENSTOCK: dict[str, Operation] = {
    "GET /openapi.json": Operation("This document.", _OWN),
    "GET /metrics": Operation("All metrics, for Prometheus.", _OWN, answer="string", media="text/plain"),
    "GET /penstock/cluster": Operation(
        "What a client has to know before it submits.",
        _OWN,
        answer={
            "python-version": "string",
            "python-versions": ["string"],
            "services": ["object"],
            "exchange": ["string"],
        },
    ),
    "POST /penstock/blobs/missing": Operation(
        "Which of these are not stored yet.",
        _OWN,
        body={
            "type": "object",
            "required": ["blobs"],
            "properties": {
                "blobs": {
                    "type": "array",
                    "maxItems": 10_000,
                    "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                }
            },
        },
        answer={"missing": ["string"]},
    ),
    "PUT /penstock/blobs/{digest}": Operation(
        "Store a payload under its sha256.",
        _OWN,
        201,
        body={"type": "string", "format": "binary"},
        body_media="application/octet-stream",
    ),
    "POST /penstock/jobs": Operation(
        "Submit a JobGraph.", _OWN, 202, body=JobGraph, answer={"jobid": "string", "jobUrl": "string"}
    ),
    "GET /penstock/jobs/{jobid}/collect/{collectid}": Operation(
        "The next entries of an `execute_and_collect`.",
        _OWN,
        query=("position",),
        answer="string",
        media="application/vnd.penstock.collect",
    ),
    "GET /penstock/logs": Operation("The log files of all processes.", _OWN, answer="any"),
    "GET /penstock/logs/{filename}": Operation(
        "Lines of a log, from a byte on.", _OWN, query=("after", "most"), answer="any"
    ),
    **_views(),
    **_taps(),
}
