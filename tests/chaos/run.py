"""One run of a scenario: the cluster, the job, the choices of the seed, and what is noted of them."""

import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from penstock.client.rest_client import RestClient
from penstock.coordination.rows import CheckpointsRow, JobRow
from penstock.testing.local_cluster import wait_until
from tests.chaos.harness import Ability, ChaosCluster, Direction, Service
from tests.chaos.outcome import Outcome
from tests.chaos.probe import longest_gap, recovered
from tests.chaos.scenario import Scenario
from tests.chaos.watch.history import History
from tests.chaos.workloads.job import Job, Workload

T = TypeVar("T")

#: seconds until something hangs for certain, on a machine that others use too
PATIENCE = 120.0


class Run:
    """What the body of a scenario is given. `choice`: all that is left to chance."""

    def __init__(
        self, scenario: Scenario, cluster: ChaosCluster, history: History, folder: Path, seed: int, outcome: Outcome
    ) -> None:
        self.scenario, self.cluster, self.history, self.outcome = scenario, cluster, history, outcome
        self.choice = random.Random(f"{scenario.name}: {seed}")
        self.jobs: list[Job] = []
        self._folder = folder
        self._begun = time.monotonic()

    # -- jobs ----------------------------------------------------------------------------------------------------------

    @property
    def job(self) -> Job:
        """The one that is looked at."""
        return self.jobs[0]

    @property
    def role(self) -> str:
        return f"job:{self.job.id}"

    def submit(self, workload: Workload | None = None, **more: Any) -> Job:
        """A job; returns once the client runs."""
        folder = self._folder / f"job{len(self.jobs)}"
        job = Job(self.cluster, folder, workload or self.scenario.workload, self.choice, **more)
        self.jobs.append(job)
        return job

    def rest(self) -> RestClient:
        """The caller closes it."""
        return RestClient(self.cluster.addresses.split(","))

    def state(self, job: Job | None = None) -> str:
        with self.rest() as client:
            return str(client.request("GET", f"/v1/jobs/{(job or self.job).id}").json()["state"])

    def counters(self, job: Job | None = None) -> CheckpointsRow:
        found = self.history.row(f"job:{(job or self.job).id}", "checkpoints", CheckpointsRow)
        return found or CheckpointsRow()

    def job_row(self, job: Job | None = None) -> JobRow | None:
        return self.history.row(f"job:{(job or self.job).id}", "job", JobRow)

    def checkpoints(self, more: int = 2, job: Job | None = None) -> None:
        """Wait for so many more."""
        wanted = self.counters(job).completed + more
        self.until(lambda: self.counters(job).completed >= wanted, f"{more} checkpoints")

    # -- time ----------------------------------------------------------------------------------------------------------

    def sleep(self, least: float, most: float | None = None) -> None:
        """Some time between the two."""
        time.sleep(least if most is None else self.choice.uniform(least, most))

    def until(self, condition: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
        return wait_until(condition, seconds, what, every=0.02)

    def direction(self, *directions: Direction) -> Direction:
        """One of them; both where the harness knows no other."""
        chosen = self.choice.choice(directions)
        return chosen if Ability.ONE_WAY_CUT in self.cluster.abilities else "both"

    # -- faults --------------------------------------------------------------------------------------------------------

    def note(self, what: str) -> float:
        """Something was done to the cluster; when (`time.monotonic()`)."""
        at = time.monotonic()
        self.outcome.faults.append(f"{at - self._begun:.1f} s: {what}")
        return at

    def one_of(self, service: Service) -> str:
        return self.choice.choice(sorted(self.cluster.members(service)))

    def other_than(self, name: str) -> str:
        """Another member of the same kind."""
        service: Any = name.partition("-")[0]
        return self.choice.choice(sorted(set(self.cluster.members(service)) - {name}))

    def leader(self, role: str = "", *, but: Iterable[str] = ()) -> str:
        """Who leads the job, or the role; waits for one."""
        unwanted = set(but)

        def leading() -> str | None:
            name = self.cluster.leader(role or self.role)
            return name if name not in unwanted else None

        return self.until(leading, f"a leader of {role or self.role}")

    def busy_slots(self, job: Job | None = None) -> list[str]:
        """Slots that run something of the job; waits for one."""

        def found() -> list[str]:
            return sorted(slot.name for slot in self.cluster.slots() if (job or self.job).id in slot.jobs)

        return self.until(found, "a slot that runs the job")

    def slot_of(self, task: str, job: Job | None = None) -> str:
        """A slot that runs a subtask of the first vertex whose name contains `task`."""
        job = job or self.job
        with self.rest() as client:
            vertices = client.request("GET", f"/v1/jobs/{job.id}").json()["vertices"]
            vertex = next(vertex for vertex in vertices if task in vertex["name"])
            found = client.request("GET", f"/v1/jobs/{job.id}/vertices/{vertex['id']}").json()["subtasks"]
        workers = {self.cluster.member_of(subtask["taskmanager-id"]) for subtask in found}
        return self.choice.choice([s for s in self.busy_slots(job) if s.partition("/")[0] in workers])

    # -- what is measured ----------------------------------------------------------------------------------------------

    def back(self, since: float, what: str = "the job", job: Job | None = None, *, counts: bool = True) -> float:
        """Wait until the job goes again at its rate; seconds since then. `counts`: as a recovery of the scenario."""
        job = job or self.job
        rate = job.workload.rate

        def goes() -> tuple[float] | None:
            assert job.client.poll() is None, f"the job has ended: {job.said()}"
            found = recovered(job.probe.read(), since, time.monotonic(), rate)
            return None if found is None else (found,)

        seconds = self.until(goes, f"{what} to be back at its rate: {self._standing(job)}")[0]
        if counts:
            self.outcome.recoveries.append(seconds)
        return seconds

    def taken_over(self, epoch: int, since: float) -> float:
        """Wait until somebody has committed for the job under an epoch beyond the given one; seconds since then."""
        at = self.until(lambda: self.history.taken_over(self.role, epoch), f"somebody to take {self.role} over")
        self.outcome.recoveries.append(max(0.0, at - since))
        return at - since

    def led_anew(self, role: str, epoch: int, since: float) -> None:
        """Wait until somebody has the lease under another epoch: a ledger with nothing to change is not committed."""
        self.until(lambda: self.history.epoch(role) > epoch, f"somebody to lead {role}")
        self.outcome.recoveries.append(time.monotonic() - since)

    def no_gap(self, since: float, seconds: float = 3.0) -> None:
        """Note the longest gap in the output around a fault."""
        time.sleep(max(0.0, since + seconds - time.monotonic()))
        self.outcome.gaps.append(longest_gap(self.job.probe.read(), since - 0.2, since + seconds))

    def _standing(self, job: Job) -> str:
        row = None
        with suppress(Exception):
            row = self.job_row(job)
        return f"{row.state}, {row.message}" if row else "unknown"
