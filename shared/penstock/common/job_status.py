"""JobStatus. Source: `pyflink.common.job_status`."""

from enum import Enum

__all__ = ["JobStatus"]


class JobStatus(Enum):
    """The states of a job; `JobStatus[name]` takes the names that REST and the coordination use."""

    CREATED = 0
    RUNNING = 1
    FAILING = 2
    FAILED = 3
    CANCELLING = 4
    CANCELED = 5
    FINISHED = 6
    RESTARTING = 7
    SUSPENDED = 8
    RECONCILING = 9
    INITIALIZING = 10

    def is_globally_terminal_state(self) -> bool:
        """Whether the job has ended for good, wherever it ran."""
        return self in (JobStatus.FAILED, JobStatus.CANCELED, JobStatus.FINISHED)

    def is_terminal_state(self) -> bool:
        """Whether the job has ended here; one that is SUSPENDED may go on under another leader."""
        return self.is_globally_terminal_state() or self is JobStatus.SUSPENDED
