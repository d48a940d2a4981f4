"""Cancelling a job: an event for its JobMaster."""

import time

from starlette.requests import Request

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import CancelRequested, encode


def cancel(coordination: Coordination, job: str, request: Request) -> None:
    """Tell the JobMaster, and on whose behalf."""
    by = f"REST {request.client.host}" if request.client else "REST"
    event = CancelRequested(time=time.time_ns() // 1_000_000, by=by)
    coordination.events.append(coordination.keys.events(f"job:{job}"), encode(event))
