"""What comes in from elsewhere is checked here, before the machine sees it."""

from typing import cast

from penstock.coordination.messages import JobEvent, TaskStateChanged, decode
from penstock.graph.execution_graph import check_job_graph
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState


def decode_event(payload: bytes) -> JobEvent:
    """ValueError: not an event of a job."""
    try:
        event = decode(payload, cast(type[JobEvent], JobEvent))
    except TypeError as error:
        raise ValueError(f"not an event: {error}") from error
    if isinstance(event, TaskStateChanged) and event.state not in ExecutionState.__members__:
        raise ValueError(f"{event.state!r} is not an ExecutionState")
    return event


def decode_graph(blob: bytes, job: str) -> JobGraph:
    """The JobGraph of `job`. ValueError says why it cannot run."""
    try:
        graph = decode(blob, JobGraph)
    except ValueError as error:
        raise ValueError(f"the JobGraph is malformed: {error}") from error
    if graph.job_id != job:
        raise ValueError(f"the JobGraph is of job {graph.job_id}, submitted as {job}")
    check_job_graph(graph)
    return graph
