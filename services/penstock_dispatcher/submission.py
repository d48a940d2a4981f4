"""A submitted JobGraph, checked: what could not run is refused here, with its reason, and never reaches a slot."""

import hashlib
import time
from collections.abc import Collection

import msgspec

from penstock.client.config.options import security
from penstock.client.remote import ORIGIN_KEY
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import encode
from penstock.coordination.rows import JobRow
from penstock.graph.execution_graph import check_job_graph
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import JobState
from penstock_dispatcher.problems import BadRequest, Conflict

_HEX = frozenset("0123456789abcdef")


def parse_graph(body: bytes) -> JobGraph:
    """The JobGraph in a request's body. BadRequest says where it is none, or could not run."""
    try:
        graph = msgspec.json.decode(body, type=JobGraph)
    except msgspec.ValidationError as error:
        raise BadRequest(f"the request's body is not a JobGraph: {error}") from None
    except msgspec.DecodeError as error:
        raise BadRequest(f"the request's body is not JSON: {error}") from None
    for name, value, digits in (
        ("job_id", graph.job_id, 32),
        *(("vertex id", v.id, 32) for v in graph.vertices),
        *(("blob", digest, 64) for digest in graph.blobs()),
    ):
        if len(value) != digits or not _HEX.issuperset(value):
            raise BadRequest(f"{name} {value[:80]!r} of the JobGraph is not {digits} lower-case hex digits")
    if own := sorted(key for key in graph.configuration if key.startswith(security.SECRET.key)):
        raise BadRequest(f"a job cannot bring {own[0]}: what the cluster signs with is the cluster's")
    try:
        check_job_graph(graph)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    return graph


def check_python(graph: JobGraph, slots: Collection[str]) -> None:
    """BadRequest where the slots' Python could not read the job's pickled functions."""
    others = sorted(set(slots) - {graph.python_version})
    if others:
        raise BadRequest(
            f"the job's functions are pickled by Python {graph.python_version or '(not said)'}, the slots run Python "
            f"{', '.join(others)}: submit from that version, or let `penstock run` send the program itself"
        )


def submit(coordination: Coordination, graph: JobGraph) -> str:
    """Store a checked job and wake the jobmanagers; its id. The same submission again changes nothing.

    BadRequest: a blob is missing. Conflict: the id belongs to another job.
    """
    body = msgspec.json.encode(graph)
    missing = graph.blobs() - coordination.blobs.exists(graph.blobs())
    if missing:
        raise BadRequest(f"blobs of job {graph.job_id} were not uploaded: {', '.join(sorted(missing))}")
    now = time.time_ns() // 1_000_000
    stored = coordination.blobs.put(body)
    row = JobRow(
        job=graph.job_id,
        name=graph.name,
        state=JobState.INITIALIZING,
        graph=stored,
        timestamps={JobState.INITIALIZING.value: now},
        start_time=now,
    )
    answer = coordination.submissions.create(
        graph.job_id, hashlib.sha256(body).hexdigest(), stored, graph.name, now, {"job": encode(row)}
    )
    if answer == "CONFLICT" and not _same_origin(coordination, graph):
        raise Conflict(f"job id {graph.job_id} is taken by another job; submit this one under a new id")
    return graph.job_id


def _same_origin(coordination: Coordination, graph: JobGraph) -> bool:
    """Whether the job of that id came from the same run request: main() ran twice and pickled differently."""
    taken = coordination.submissions.get(graph.job_id)
    origin = graph.configuration.get(ORIGIN_KEY)
    if taken is None or not origin:
        return False
    there = msgspec.json.decode(coordination.blobs.get(taken.graph), type=JobGraph)
    return there.configuration.get(ORIGIN_KEY) == origin
