"""`/jobs/:id/rescales/…`: what is known of a job's rescalings, the answers to those that were asked for. Pure."""

from collections.abc import Mapping
from typing import Any

from penstock.coordination.rows import TriggerRow
from penstock_dispatcher.stats_summary import stats_summary

#: of answers that a job keeps
_HISTORY = 64


def rescale_counts(triggers: Mapping[str, TriggerRow]) -> dict[str, int]:
    """By how they ended. None is ignored."""
    states = [row.state for row in triggers.values() if row.kind == "rescale"]
    return {
        "ignored": 0,
        "inProgress": states.count("IN_PROGRESS"),
        "completed": states.count("COMPLETED"),
        "failed": states.count("FAILED"),
    }


def rescales_overview(triggers: Mapping[str, TriggerRow]) -> dict[str, Any]:
    """Single ones are not recorded, so none is the latest."""
    return {
        "rescalesCounts": rescale_counts(triggers),
        "latest": {"completed": None, "failed": None, "ignored": None},
    }


def rescales_summary(triggers: Mapping[str, TriggerRow]) -> dict[str, Any]:
    """Durations are not recorded."""
    names = ("rescales", "completedRescales", "ignoredRescales", "failedRescales")
    return {
        "rescalesCounts": rescale_counts(triggers),
        **{f"{name}DurationStatsInMillis": stats_summary(()) for name in names},
    }


def rescales_config() -> dict[str, Any]:
    """Of Flink's adaptive scheduler, which waits for resources; here nothing is waited for but a request."""
    return {
        "rescaleHistoryMax": _HISTORY,
        "schedulerExecutionMode": None,
        "submissionResourceWaitTimeoutInMillis": 0,
        "submissionResourceStabilizationTimeoutInMillis": 0,
        "slotIdleTimeoutInMillis": 0,
        "executingCooldownTimeoutInMillis": 0,
        "executingResourceStabilizationTimeoutInMillis": 0,
        "maximumDelayForTriggeringRescaleInMillis": 0,
        "rescaleOnFailedCheckpointCount": 0,
    }
