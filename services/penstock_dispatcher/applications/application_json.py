"""`/applications/overview`, `/applications/:id` and its exceptions. Pure."""

from collections import Counter
from typing import Any

from penstock.graph.states import JobState
from penstock_dispatcher.applications.application import Application
from penstock_dispatcher.failure_json import job_exceptions
from penstock_dispatcher.job_json import overview_item

#: of its states, when they were entered; 0: not
_STATES = ("CREATED", "RUNNING", "FAILING", "FAILED", "CANCELING", "CANCELED", "FINISHED")


def application_item(application: Application) -> dict[str, Any]:
    """An element of the overview. `jobs`: how many are in each state."""
    counts = Counter(view.row.state for view in application.jobs)
    return {**_head(application), "jobs": {state.value: counts[state] for state in JobState}}


def application_details(application: Application) -> dict[str, Any]:
    """`/applications/:id`."""
    timestamps = dict.fromkeys(_STATES, 0)
    timestamps |= {"CREATED": application.start, "RUNNING": application.start}
    if application.end >= 0:
        timestamps[application.status] = application.end
    return {**_head(application), "timestamps": timestamps, "jobs": [overview_item(view) for view in application.jobs]}


def application_exceptions(application: Application, most: int) -> dict[str, Any]:
    """Of all its jobs, the newest first."""
    entries = [
        {
            "exceptionName": entry["exceptionName"],
            "stacktrace": entry["stacktrace"],
            "timestamp": entry["timestamp"],
            "jobId": view.row.job,
        }
        for view in application.jobs
        for entry in job_exceptions(view, most)["exceptionHistory"]["entries"]
    ]
    entries.sort(key=lambda entry: -int(entry["timestamp"]))
    return {"exceptionHistory": {"entries": entries[:most]}}


def _head(application: Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "name": application.name,
        "status": application.status,
        "start-time": application.start,
        "end-time": application.end,
        "duration": application.duration,
    }
