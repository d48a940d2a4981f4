"""Applications, resource requirements, shutdown."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from penstock.client.context import derived_job_id
from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelRequested, RescaleRequested, decode
from penstock.coordination.rows import ServiceInfo
from penstock.graph.states import JobState
from penstock_dispatcher.problems import NotImplementedHere
from penstock_dispatcher.shutdown import Shutdown

from .replica import JOB, SINK, SOURCE, Replica, graph

BEGIN = 1_700_000_000_000
SECOND = derived_job_id(JOB, 1)


def test_the_jobs_of_one_program_are_one_application(replica: Replica) -> None:
    for job in (JOB, SECOND, "f" * 32):
        replica.submit(graph(job))
    replica.job_row(JobState.FINISHED, start_time=BEGIN, end_time=BEGIN + 10)
    replica.job_row(JobState.RUNNING, SECOND, start_time=BEGIN + 20)
    listed = {a["id"]: a for a in replica.http.get("/applications/overview").json()["applications"]}
    assert set(listed) == {JOB, "f" * 32}
    assert (listed[JOB]["status"], listed[JOB]["end-time"]) == ("RUNNING", -1)
    assert listed[JOB]["jobs"]["RUNNING"] == listed[JOB]["jobs"]["FINISHED"] == 1
    told = replica.http.get(f"/v1/applications/{JOB}").json()
    assert [job["jid"] for job in told["jobs"]] == [JOB, SECOND]
    assert replica.http.get(f"/jobs/{SECOND}").json()["application-id"] == JOB
    assert replica.http.get(f"/applications/{SECOND}").status_code == 404


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ((JobState.FINISHED, JobState.FINISHED), "FINISHED"),
        ((JobState.FINISHED, JobState.FAILED), "FAILED"),
        ((JobState.CANCELED, JobState.FINISHED), "CANCELED"),
        ((JobState.CANCELLING, JobState.FINISHED), "CANCELING"),
    ],
)
def test_the_status_of_an_application(replica: Replica, states: tuple[JobState, JobState], status: str) -> None:
    for job, state in zip((JOB, SECOND), states, strict=True):
        replica.submit(graph(job))
        replica.job_row(state, job, start_time=BEGIN, end_time=BEGIN + 5 if state.is_terminal else -1)
    told = replica.http.get(f"/applications/{JOB}").json()
    assert told["status"] == status
    assert told["timestamps"].get(status, 0) == (BEGIN + 5 if status != "CANCELING" else 0)


def test_cancelling_an_application_cancels_its_live_jobs(replica: Replica) -> None:
    for job in (JOB, SECOND):
        replica.submit(graph(job))
    replica.job_row(JobState.FINISHED, start_time=BEGIN, end_time=BEGIN)
    assert replica.http.post(f"/applications/{JOB}/cancel").status_code == 202
    keys = [replica.coordination.keys.events(f"job:{job}") for job in (JOB, SECOND)]
    read = [replica.coordination.events.read({key: "0-0"}).get(key, []) for key in keys]
    assert read[0] == []
    assert isinstance(decode(read[1][0][1], CancelRequested), CancelRequested)
    replica.job_row(JobState.CANCELED, SECOND, start_time=BEGIN, end_time=BEGIN)
    refused = replica.http.post(f"/applications/{JOB}/cancel")
    assert (refused.status_code, refused.json()["errors"]) == (409, [f"Application {JOB} has ended: it is CANCELED"])


def test_failures_of_an_application_name_their_job(replica: Replica) -> None:
    replica.submit()
    failure = Failure(message="ValueError: bad")
    replica.job_row(JobState.FAILED, start_time=BEGIN, end_time=BEGIN + 5, root_failure=failure)
    (entry,) = replica.http.get(f"/applications/{JOB}/exceptions").json()["exceptionHistory"]["entries"]
    assert (entry["exceptionName"], entry["jobId"], entry["timestamp"]) == ("ValueError", JOB, BEGIN + 5)


def _bounds(source: tuple[int, int], sink: tuple[int, int] = (1, 2)) -> dict[str, object]:
    return {
        vertex: {"parallelism": {"lowerBound": low, "upperBound": high}}
        for vertex, (low, high) in {SOURCE: source, SINK: sink}.items()
    }


def test_requirements_rescale_the_job(replica: Replica) -> None:
    wide = graph()
    replica.submit(graph(vertices=(wide.vertices[0], replace(wide.vertices[1], parallelism=2))))
    assert replica.http.get(f"/jobs/{JOB}/resource-requirements").json() == _bounds((2, 2), (2, 2))
    asked = replica.http.put(f"/jobs/{JOB}/resource-requirements", json=_bounds((1, 4), (1, 4)))
    assert (asked.status_code, asked.json()) == (200, {})
    events = replica.coordination.keys.events(f"job:{JOB}")
    ((_, payload),) = replica.coordination.events.read({events: "0-0"})[events]
    assert decode(payload, RescaleRequested).parallelism == 4


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_bounds((1, 4), (1, 3)), "a job is rescaled as a whole"),
        (_bounds((3, 2)), "bounds 3 to 2 of vertex"),
        (_bounds((1, 999), (1, 999)), "bounds 1 to 999 of vertex"),
        ({SOURCE: {"parallelism": {"lowerBound": 1, "upperBound": 2}}}, "requirements of all vertices are needed"),
        ({SOURCE: 5}, "Request did not match expected format JobResourceRequirementsBody"),
    ],
)
def test_requirements_that_cannot_be(replica: Replica, body: object, message: str) -> None:
    replica.submit()
    refused = replica.http.put(f"/jobs/{JOB}/resource-requirements", json=body)
    assert refused.status_code == 400
    assert refused.json()["errors"][0].startswith(message)


def _service(kind: str, pid: int, host: str = "here") -> ServiceInfo:
    return ServiceInfo(service=kind, id=f"{kind}-1", pid=pid, host=host, time=0)


def test_shutdown_ends_this_dispatcher_last_and_only_our_own_processes(tmp_path: Path) -> None:
    for pid, command in {5: b"python\0-m\0penstock_taskmanager", 6: b"python\0-m\0penstock_jobmanager"}.items():
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "cmdline").write_bytes(command)
    ended: list[int] = []
    shutdown = Shutdown(ended.append, "here", 9, tmp_path)
    services = [_service("dispatcher", 9), _service("taskmanager", 5), _service("slot", 7), _service("jobmanager", 6)]
    shutdown.run(shutdown.check(services))
    assert ended == [6, 5, 9]
    for foreign in (_service("taskmanager", 5, "there"), _service("jobmanager", 5), _service("jobmanager", 77)):
        with pytest.raises(NotImplementedHere, match="its own machine only"):
            shutdown.check([*services, foreign])


def test_shutdown_can_be_switched_off() -> None:
    assert Replica(**{"web.cancel.enable": "false"}).http.delete("/cluster").status_code == 403
