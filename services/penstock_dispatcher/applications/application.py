"""Application: the jobs of one program, told by their ids, which are derived from the first one's. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from penstock.client.context import derived_job_id
from penstock.graph.states import JobState
from penstock_dispatcher.job_view import JobView


@dataclass(frozen=True, slots=True)
class Application:
    """`jobs`: in the order in which the program started them; there is at least one. Its id is the first one's."""

    jobs: tuple[JobView, ...]

    @property
    def id(self) -> str:
        return self.jobs[0].row.job

    @property
    def name(self) -> str:
        return self.jobs[0].row.name

    @property
    def start(self) -> int:
        """Ms since the epoch."""
        return min(view.row.start_time for view in self.jobs)

    @property
    def end(self) -> int:
        """Of the last job; -1 while one runs."""
        ends = [view.row.end_time for view in self.jobs]
        return -1 if min(ends) < 0 else max(ends)

    @property
    def duration(self) -> int:
        """Ms."""
        return max(0, (self.end if self.end >= 0 else self.jobs[0].now) - self.start)

    @property
    def status(self) -> str:
        """Flink's application states, from those of the jobs."""
        states = {view.row.state for view in self.jobs}
        if not all(state.is_terminal for state in states):
            return "CANCELING" if states & {JobState.CANCELLING} else "RUNNING"
        for state in (JobState.FAILED, JobState.CANCELED):
            if state in states:
                return state.value
        return JobState.FINISHED.value


def application_ids(jobs: Collection[str]) -> dict[str, str]:
    """The application of each job. Ids in the order of `jobs`."""
    known = set(jobs)
    found: dict[str, str] = {}
    later: set[str] = set()
    for job in jobs:
        number = 1
        while (derived := derived_job_id(job, number)) in known:
            found[derived] = job
            later.add(derived)
            number += 1
        if job not in later:
            found[job] = job
    return {job: found[job] for job in jobs}


def applications_of(views: Sequence[JobView]) -> list[Application]:
    """All programs of these jobs, which come the newest first; so do the programs."""
    groups: dict[str, list[JobView]] = {}
    ids = application_ids([view.row.job for view in views])
    for view in views:
        groups.setdefault(ids[view.row.job], []).insert(0, view)
    # its first job is the one that has its id
    return [Application(tuple(sorted(jobs, key=lambda v: v.row.job != name))) for name, jobs in groups.items()]
