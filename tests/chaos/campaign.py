"""Runs scenarios one after another, on one cluster for as long as it fits and is whole."""

import shutil
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.chaos import invariants, sometimes
from tests.chaos.harness import ChaosCluster, Harness, LogLine
from tests.chaos.outcome import Outcome
from tests.chaos.run import Run
from tests.chaos.scenario import Scenario
from tests.chaos.watch.history import History
from tests.chaos.workloads.job import Job


class Campaign:
    """`run` scenarios, then `close`. What a failed run leaves behind is kept in the folder."""

    def __init__(self, harness: Harness, folder: Path) -> None:
        self.harness, self._folder = harness, folder
        self._cluster: ChaosCluster | None = None
        self._seen: Counter[str] = Counter()
        self._number = 0

    def missing(self, scenario: Scenario) -> str:
        """What the harness would have to be able to do; empty: the scenario can be run."""
        return ", ".join(sorted(ability.value for ability in scenario.needs - self.harness.abilities))

    def run(self, scenario: Scenario, seed: int) -> Outcome:
        """Never raises for what goes wrong in it: the outcome says."""
        outcome, begun = Outcome(scenario.name, seed), time.monotonic()
        self._number += 1
        cluster = self._whole_cluster(scenario, outcome)
        if cluster is not None:
            self._run(scenario, seed, cluster, outcome)
        outcome.seconds = time.monotonic() - begun
        # a crash point is used up, a broken cluster is none to go on with
        if outcome.problems or scenario.spec.crash_point:
            self.close(keep=bool(outcome.problems))
        return outcome

    def close(self, *, keep: bool = False) -> None:
        """End the cluster. `keep`: its folder, for whoever looks into it."""
        if self._cluster is not None:
            folder = self._cluster.folder
            self._cluster.close()
            self._cluster = None
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)

    def _whole_cluster(self, scenario: Scenario, outcome: Outcome) -> ChaosCluster | None:
        if self._cluster is not None and self._cluster.spec != scenario.spec:
            self.close()
        try:
            if self._cluster is None:
                folder = self._folder / f"cluster{self._number}"
                folder.mkdir(parents=True)
                self._seen.clear()
                self._cluster = self.harness.make(scenario.spec, folder)
        except Exception:
            outcome.problems.append(f"no cluster: {traceback.format_exc()}")
        return self._cluster

    def _run(self, scenario: Scenario, seed: int, cluster: ChaosCluster, outcome: Outcome) -> None:
        folder = cluster.folder / f"run{self._number}"
        try:
            url = cluster.redis_url("coordination")
            history = History(lambda: cluster.redis("coordination"), url, cluster.keyring)
        except (AssertionError, OSError) as error:
            outcome.problems.append(_told(error))
            return
        history.may_be_older = scenario.may_be_older
        run = Run(scenario, cluster, history, folder, seed, outcome)
        try:
            try:
                if scenario.job:
                    run.submit().wait_running()
                    run.checkpoints(1)
                scenario.body(run)
                _end_jobs(run)
            except Exception as error:
                outcome.problems.append(_told(error))
            else:
                _look(run)
        except Exception as error:
            outcome.problems.append(_told(error))
        finally:
            history.close()
            outcome.problems += history.problems
            outcome.counts += history.counts + sometimes.counted(self._new_lines(cluster))
            for job in run.jobs:
                job.close()
        if not outcome.problems:
            shutil.rmtree(folder, ignore_errors=True)

    def _new_lines(self, cluster: ChaosCluster) -> list[LogLine]:
        """Those that no run before has counted."""
        before, here, found = Counter(self._seen), Counter[str](), []
        for line in cluster.log_lines():
            here[line.member] += 1
            if here[line.member] > before[line.member]:
                found.append(line)
        self._seen = here
        return found


def _end_jobs(run: Run) -> None:
    """Bring every job to its end and compare what it has published."""
    for job in run.jobs:
        if job.ends == "FINISHED" and not job.superseded:
            job.end_input()
        status = job.ended()
        if (status == 0) != (job.ends == "FINISHED"):
            run.outcome.problems.append(f"job {job.id}: exit status {status}: {job.said()[-1500:]}")
        state = run.state(job)
        if state != job.ends:
            run.outcome.problems.append(f"job {job.id} is {state}, not {job.ends}")
        if job.superseded:
            continue
        difference = job.difference() if job.ends == "FINISHED" else job.doubled()
        run.outcome.lost += difference.lost.total()
        run.outcome.doubled += difference.doubled.total()
        if difference:
            run.outcome.problems.append(f"job {job.id} ({job.workload.kind}): {difference}")
    _check_attempts(run)


def _check_attempts(run: Run) -> None:
    scenario = run.scenario
    for job in run.jobs:
        attempts = run.history.attempts(job.id)
        run.outcome.restarts += max(attempts.values(), default=0)
        run.outcome.counts["tasks restarted alone"] += _restarted_alone(run, job)
        if scenario.keeps_attempts and any(attempts.values()):
            run.outcome.problems.append(f"tasks were restarted: {attempts}; {_failures(run, job)}")
    if scenario.no_gap and max(run.outcome.gaps, default=0.0) > 1.0:
        run.outcome.faults.append(f"the output paused for {max(run.outcome.gaps):.2f} s")


def _restarted_alone(run: Run, job: Job) -> int:
    with run.rest() as client:
        found = client.request("GET", f"/v1/jobs/{job.id}/metrics", params={"get": "numLocalRestarts"}).json()
    return sum(int(float(metric["value"])) for metric in found)


def _failures(run: Run, job: Job) -> str:
    with run.rest() as client:
        entries = client.request("GET", f"/v1/jobs/{job.id}/exceptions").json()
    history = entries.get("exceptionHistory", {}).get("entries", [])
    return "; ".join(str(entry.get("stacktrace", ""))[:300] for entry in history)


def _look(run: Run) -> None:
    """Heal the cluster, and look for what is left behind."""
    ended = [(job, run.state(job)) for job in run.jobs if job.id and not run.outcome.problems]
    run.cluster.start()
    found = invariants.settled(lambda: invariants.cluster_problems(run.cluster))
    for job, state in ended:
        found += invariants.settled(lambda job=job: invariants.job_problems(run.cluster, job), 20)  # type: ignore[misc]
        if (now := run.state(job)) != state:
            found.append(f"job {job.id} was {state}, and is {now}: terminal is terminal")
    run.outcome.problems += found


def _told(error: Exception) -> str:
    if isinstance(error, AssertionError):
        place = traceback.extract_tb(error.__traceback__)
        ours = next((frame for frame in reversed(place) if "/scenarios/" in frame.filename), place[-1])
        return f"{error} (at {Path(ours.filename).name}:{ours.lineno})"
    return "".join(traceback.format_exception(error))
