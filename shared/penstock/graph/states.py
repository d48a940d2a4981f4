"""JobStatus and ExecutionState: Flink's states and their legal edges, declared once.

JobStatus:  INITIALIZING -> CREATED -> RUNNING -> FINISHED
            CREATED/RUNNING -> CANCELLING -> CANCELED      CREATED/RUNNING -> FAILING -> FAILED
            CREATED/RUNNING -> RESTARTING -> CREATED (restart strategies, rescaling)
Execution:  CREATED -> SCHEDULED -> DEPLOYING -> INITIALIZING -> RUNNING -> FINISHED
            any live state -> CANCELING -> CANCELED, any live state -> FAILED
Source: Flink docs, "Jobs and Scheduling"; `org.apache.flink.runtime.execution.ExecutionState`.
"""

from enum import StrEnum


class JobState(StrEnum):
    INITIALIZING = "INITIALIZING"
    CREATED = "CREATED"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"
    RESTARTING = "RESTARTING"
    SUSPENDED = "SUSPENDED"
    RECONCILING = "RECONCILING"

    @property
    def is_terminal(self) -> bool:
        """Whether the job will never leave this state."""
        return self in (JobState.FAILED, JobState.CANCELED, JobState.FINISHED)


class ExecutionState(StrEnum):
    CREATED = "CREATED"
    SCHEDULED = "SCHEDULED"
    DEPLOYING = "DEPLOYING"
    INITIALIZING = "INITIALIZING"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    RECONCILING = "RECONCILING"

    @property
    def is_terminal(self) -> bool:
        """Whether the execution will never leave this state."""
        return self in (ExecutionState.FINISHED, ExecutionState.CANCELED, ExecutionState.FAILED)


_E = ExecutionState
_LIVE = (_E.CREATED, _E.SCHEDULED, _E.DEPLOYING, _E.INITIALIZING, _E.RUNNING, _E.CANCELING)

EXECUTION_EDGES: frozenset[tuple[ExecutionState, ExecutionState]] = frozenset(
    {
        (_E.CREATED, _E.SCHEDULED),
        (_E.SCHEDULED, _E.DEPLOYING),
        (_E.DEPLOYING, _E.INITIALIZING),
        (_E.DEPLOYING, _E.RUNNING),
        (_E.INITIALIZING, _E.RUNNING),
        (_E.RUNNING, _E.FINISHED),
        (_E.INITIALIZING, _E.FINISHED),
        (_E.CANCELING, _E.CANCELED),
        (_E.CANCELING, _E.FINISHED),
        *((s, _E.FAILED) for s in _LIVE),
        *((s, _E.CANCELING) for s in _LIVE if s is not _E.CANCELING),
        *((s, _E.CANCELED) for s in (_E.CREATED, _E.SCHEDULED)),
    }
)

_J = JobState
JOB_EDGES: frozenset[tuple[JobState, JobState]] = frozenset(
    {
        (_J.INITIALIZING, _J.CREATED),
        (_J.CREATED, _J.RUNNING),
        (_J.RUNNING, _J.FINISHED),
        (_J.CREATED, _J.CANCELLING),
        (_J.RUNNING, _J.CANCELLING),
        (_J.RESTARTING, _J.CANCELLING),
        (_J.CANCELLING, _J.CANCELED),
        (_J.INITIALIZING, _J.FAILED),
        (_J.CREATED, _J.FAILING),
        (_J.RUNNING, _J.FAILING),
        (_J.FAILING, _J.FAILED),
        (_J.FAILING, _J.RESTARTING),
        (_J.FAILING, _J.CANCELLING),
        (_J.CREATED, _J.RESTARTING),
        (_J.RUNNING, _J.RESTARTING),
        (_J.RESTARTING, _J.CREATED),
        (_J.RESTARTING, _J.FAILING),
    }
)
