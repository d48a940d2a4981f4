"""The overview: slots, jobs, live processes, who leads what. Pure. Times in ms since the epoch, sizes in bytes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from penstock.coordination.rows import ServiceInfo
from penstock_dispatcher.checkpoint_json import checkpoint_duration
from penstock_dispatcher.cluster_reader import Slots
from penstock_dispatcher.job_view import JobView

#: terminal jobs that are listed, newest first; more are counted
ENDED_JOBS = 200


@dataclass(frozen=True, slots=True)
class Lease:
    """A role, whether somebody holds it, and the newest epoch that was handed out."""

    role: str
    held: bool
    epoch: int


def overview(
    views: Sequence[JobView], slots: Slots, services: Sequence[ServiceInfo], leases: Sequence[Lease]
) -> dict[str, Any]:
    """The whole document."""
    live = [view for view in views if not view.row.state.is_terminal]
    ended = [view for view in views if view.row.state.is_terminal]
    return {
        "slots": slot_counts(slots),
        "jobs": [job_summary(view, slots) for view in (*live, *ended[:ENDED_JOBS])],
        "jobs-omitted": max(0, len(ended) - ENDED_JOBS),
        "services": [msgspec.to_builtins(service) for service in services],
        "leases": [
            {"role": lease.role, "held": lease.held, "epoch": lease.epoch, "leader": leader_of(lease.role, services)}
            for lease in leases
        ],
    }


def slot_counts(slots: Slots) -> dict[str, int]:
    """How many slots there are, and are not set aside for a job."""
    total = sum(row.slots for row in slots.taskmanagers)
    known = {row.taskmanager for row in slots.taskmanagers}
    used = sum(row.taskmanager in known for row in slots.ledger)
    return {"taskmanagers": len(slots.taskmanagers), "total": total, "free": max(0, total - used)}


def job_summary(view: JobView, slots: Slots) -> dict[str, Any]:
    """One job, with what could be wrong with it."""
    row = view.row
    tasks = Counter(e.state.value for vertex in view.graph.vertices for e in view.attempts(vertex))
    return {
        "id": row.job,
        "name": row.name,
        "type": view.graph.job_type,
        "state": row.state.value,
        "start": row.start_time,
        "end": row.end_time,
        "changed": view.last_modification,
        "message": row.message,
        "tasks": dict(tasks),
        "slots": sum(entry.job == row.job for entry in slots.ledger),
        "slots-wanted": view.graph.slots_required(),
        "restarts": view.restart.restarts,
        "failure": row.root_failure.message if row.root_failure else None,
        "checkpoints": checkpoint_summary(view),
    }


def checkpoint_summary(view: JobView) -> dict[str, Any]:
    """Counters, the latest completed one, and why the latest failed one did."""
    history = view.checkpoints
    counters, latest = history.counters, history.latest_completed
    failed = next((c for c in history.checkpoints if c.status == "FAILED"), None)
    return {
        "triggered": counters.triggered,
        "completed": counters.completed,
        "failed": counters.failed,
        "in-progress": len(history.undecided),
        "consecutive-failures": counters.consecutive_failures,
        "latest": None
        if latest is None
        else {
            "id": latest.checkpoint,
            "ended": latest.ended_at,
            "duration": checkpoint_duration(latest),
            "size": latest.size,
        },
        "latest-failure": None
        if failed is None
        else {"id": failed.checkpoint, "time": failed.failed_at or failed.ended_at, "message": failed.failure},
    }


def roles(views: Sequence[JobView]) -> list[str]:
    """The roles that somebody ought to hold: the ResourceManager's, and a JobMaster's for every live job."""
    return ["resourcemanager", *(f"job:{v.row.job}" for v in views if not v.row.state.is_terminal)]


def leader_of(role: str, services: Sequence[ServiceInfo]) -> str | None:
    """The id of the process that says it leads a role."""
    job = role.removeprefix("job:")
    for service in services:
        if role == "resourcemanager":
            if service.service == "resourcemanager" and service.state == "LEADING":
                return service.id
        elif service.service == "jobmanager" and job in service.jobs:
            return service.id
    return None


def leases(roles: Sequence[str], free: Sequence[str], epochs: Mapping[str, int]) -> list[Lease]:
    """One for every role."""
    return [Lease(role, role not in free, epochs[role]) for role in roles]
