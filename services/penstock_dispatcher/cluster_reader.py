"""ClusterReader: jobs and TaskManagers as Redis has them now, through the 200 ms cache. It remembers how jobs ended."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import structlog

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import decode
from penstock.coordination.parts import Submission
from penstock.coordination.rows import LedgerRow, ServiceInfo, TaskManagerInfo, TaskManagerRow
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import JobState
from penstock_dispatcher.job_view import JobView, view_of
from penstock_dispatcher.problems import NotFound
from penstock_dispatcher.read_cache import ReadCache

_log = structlog.get_logger()

_RESOURCEMANAGER = "resourcemanager"
#: the slots of a cluster and its dispatchers are installed alike
OWN_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
#: decoded JobGraphs kept: they are content-addressed, so they cannot go stale
_GRAPHS = 128


@dataclass(frozen=True, slots=True)
class Slots:
    """The ResourceManager's rows."""

    taskmanagers: tuple[TaskManagerRow, ...]
    ledger: tuple[LedgerRow, ...]

    def occupied(self, taskmanager: str) -> list[LedgerRow]:
        """The slots of a TaskManager that are set aside for jobs."""
        return [row for row in self.ledger if row.taskmanager == taskmanager]

    @property
    def total(self) -> int:
        """Slots of all TaskManagers."""
        return sum(row.slots for row in self.taskmanagers)

    @property
    def available(self) -> int:
        """Those that are free."""
        return max(0, self.total - sum(len(self.occupied(row.taskmanager)) for row in self.taskmanagers))


class ClusterReader:
    """Thread-safe. Every call raises `connection.AWAY` while Redis is away."""

    def __init__(self, coordination: Coordination, clock: Callable[[], float] = time.time) -> None:
        self._coordination, self._clock = coordination, clock
        self.cache = ReadCache()
        self._ended: dict[str, JobState] = {}
        self._graph = lru_cache(maxsize=_GRAPHS)(self._load_graph)

    # -- jobs --------------------------------------------------------------------------------------------------------
    def job(self, job_id: str) -> JobView:
        """NotFound names a job that was never submitted."""
        return self.cache.get(("job", job_id), lambda: self._load_job(job_id))

    def job_now(self, job_id: str) -> JobView:
        """The same, not from the cache."""
        return self._load_job(job_id)

    def jobs(self) -> list[JobView]:
        """All jobs, the newest submission first; without those that cannot be read, or are gone by now."""
        return [view for job_id in self.job_ids() if (view := self._readable(job_id)) is not None]

    def _state(self, job_id: str) -> JobState | None:
        if (ended := self._ended.get(job_id)) is not None:
            return ended
        view = self._readable(job_id)
        if view is not None and view.row.state.is_terminal:
            self._ended[job_id] = view.row.state
        return None if view is None else view.row.state

    def _readable(self, job_id: str) -> JobView | None:
        try:
            return self.job(job_id)
        except NotFound:
            return None
        except (ValueError, KeyError) as error:
            # one that somebody has forged or damaged must not hide all the others
            _log.error("a job is left out of the lists: it cannot be read", job=job_id, error=str(error))
            return None

    def job_ids(self) -> list[str]:
        """The same, their ids alone."""
        ids = self.cache.get("jobs", self._coordination.submissions.all)
        return [job_id for job_id, _ in reversed(ids)]

    def graph(self, digest: str) -> JobGraph:
        """A stored JobGraph."""
        return self._graph(digest)

    def _load_graph(self, digest: str) -> JobGraph:
        return msgspec.json.decode(self._coordination.blobs.get(digest), type=JobGraph)

    def _load_job(self, job_id: str) -> JobView:
        submission = self._coordination.submissions.get(job_id)
        if submission is None:
            raise NotFound(f"Job {job_id} not found")
        state = self._coordination.store.load(f"job:{job_id}")
        tombstone = None if "job" in state.rows else self._coordination.submissions.tombstone(job_id)
        metrics, earlier = self._coordination.metrics.all(job_id), self._coordination.metrics.earlier(job_id)
        return view_of(submission, state, tombstone, self.graph, metrics, earlier, int(self._clock() * 1000))

    def submission(self, job_id: str) -> Submission | None:
        """As it is now, not from the cache."""
        return self._coordination.submissions.get(job_id)

    # -- the cluster -------------------------------------------------------------------------------------------------
    def slots(self) -> Slots:
        """What the ResourceManager has: registered TaskManagers and slots in use."""
        return self.cache.get("slots", self._load_slots)

    def _load_slots(self) -> Slots:
        rows = self._coordination.store.load(_RESOURCEMANAGER).rows
        return Slots(
            tuple(decode(raw, TaskManagerRow) for name, raw in sorted(rows.items()) if name.startswith("taskmanager:")),
            tuple(decode(raw, LedgerRow) for name, raw in sorted(rows.items()) if name.startswith("slot:")),
        )

    def taskmanager(self, name: str) -> TaskManagerRow:
        """NotFound: none of that id is registered."""
        row = next((row for row in self.slots().taskmanagers if row.taskmanager == name), None)
        if row is None:
            raise NotFound(f"TaskExecutor with id {name[:80]} not found")
        return row

    def taskmanager_infos(self) -> dict[str, TaskManagerInfo]:
        """What the TaskManagers themselves registered, by id."""
        infos = self.cache.get("infos", self._coordination.taskmanagers.all)
        return {info.taskmanager: info for info in infos}

    def services(self) -> list[ServiceInfo]:
        """The live processes."""
        return self.cache.get("services", self._coordination.registry.alive)

    def python_versions(self) -> list[str]:
        """ "3.11" of every registered TaskManager's slots, without repetitions; our own where there is none yet."""
        infos, registered = self.taskmanager_infos(), self.slots().taskmanagers
        versions = {infos[row.taskmanager].python_version for row in registered if row.taskmanager in infos}
        return sorted({".".join(version.split(".")[:2]) for version in versions}) or [OWN_PYTHON]

    def job_counts(self) -> dict[str, int]:
        """The four counters of `/overview`; what is not terminal counts as running."""
        job_ids = self.job_ids()
        # never again for one that has ended: a cluster shows thousands of those, and this is asked all the time
        known = self._ended
        self._ended = {job_id: known[job_id] for job_id in job_ids if job_id in known}
        states = [state for job_id in job_ids if (state := self._state(job_id)) is not None]
        return {
            "jobs-running": sum(not s.is_terminal for s in states),
            "jobs-finished": states.count(JobState.FINISHED),
            "jobs-cancelled": states.count(JobState.CANCELED),
            "jobs-failed": states.count(JobState.FAILED),
        }
