"""Dispatchers die around a submission and under a waiting client: there is one job, and the client gets its answer."""

import threading

from tests.chaos.harness import Ability, ClusterSpec, Disturbance
from tests.chaos.run import Run
from tests.chaos.scenario import Scenario
from tests.chaos.watch.monitor import Command

_KILL = frozenset({Ability.KILL})


def before_storing(run: Run) -> None:
    """It has the request, and cannot write; then it dies."""
    first = "dispatcher-1"
    run.cluster.disturb(first, "coordination", Disturbance("cut"))
    job = run.submit()
    run.sleep(1.0, 3.0)
    run.note(f"kill {first}, which is cut off")
    run.cluster.kill(first)
    job.wait_running()
    run.cluster.mend()
    run.cluster.start_member(first)
    _one_job(run)


def after_storing(run: Run) -> None:
    """The job is stored, and nobody has told the client."""
    stored = threading.Event()
    live = run.history.keys.live_jobs().encode()

    def look(command: Command) -> None:
        if command.script and command.name == "SADD" and command.arguments[1] == live:
            stored.set()

    run.history.on_command = look
    job = run.submit()
    assert stored.wait(60), "the job was not stored"
    run.note("stored: kill both dispatchers")
    for name in run.cluster.members("dispatcher"):
        run.cluster.kill(name)
    run.sleep(0, 1)
    run.cluster.start()
    job.wait_running()
    _one_job(run)


def under_a_client(run: Run) -> None:
    for _ in range(2):
        for name in sorted(run.cluster.members("dispatcher")):
            run.note(f"kill {name}")
            run.cluster.kill(name)
            run.sleep(0, 0.7)
        run.cluster.start()
    run.checkpoints(1)


def _one_job(run: Run) -> None:
    with run.rest() as client:
        found = client.request("GET", "/v1/jobs/overview").json()["jobs"]
    live = [job["jid"] for job in found if job["state"] not in ("FINISHED", "FAILED", "CANCELED")]
    assert live == [run.job.id], f"jobs {live}, submitted {run.job.id}"
    run.checkpoints(1)


SCENARIOS = (
    Scenario(
        "dispatcher killed before storing a job",
        before_storing,
        frozenset({Ability.KILL, Ability.CUT}),
        spec=ClusterSpec(proxied=True),
        job=False,
        keeps_attempts=True,
    ),
    Scenario("dispatcher killed after storing a job", after_storing, _KILL, job=False, keeps_attempts=True),
    Scenario("dispatchers killed under a client", under_a_client, _KILL, keeps_attempts=True),
)
