"""One jobmanager process over a real Redis: how jobs end, and that everything comes back."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelRequested
from tests.conftest import RedisServer
from tests.integration.jobmanager.processes import Processes

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def processes(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    made = Processes(redis_server.url, "t-life-cycle", tmp_path_factory.mktemp("life-cycle"))
    made.start(**{"slot.request.timeout": "1 s"})
    yield made
    made.close()


def assert_all_given_back(processes: Processes, job: str) -> None:
    processes.until(lambda: processes.cluster.free == 2, "the slots are free")
    processes.until(lambda: processes.leader(job) is None, "nobody leads")
    keys, client = processes.coordination.keys, processes.coordination.client
    assert job not in processes.coordination.submissions.live()
    assert not list(client.scan_iter(f"{processes.prefix}:x:{job}:*"))
    assert not client.exists(keys.outbox(f"job:{job}"))
    processes.until(lambda: not client.exists(keys.lease(f"job:{job}")), "the lease is released")


def test_a_job_finishes(processes: Processes) -> None:
    job = processes.submit()
    processes.until(lambda: processes.running(job), "all tasks run")
    keys, client = processes.coordination.keys, processes.coordination.client
    refs = processes.record(job).job.exchange
    assert [ref.url for ref in refs] == [processes.url]
    assert client.get(keys.exchange_nonce(job, 0)) == refs[0].nonce.encode()
    assert client.exists(*(keys.input_log(job, 0, "b" * 32, subtask) for subtask in range(2))) == 2
    processes.until(lambda: processes.leader(job) == "jm-1", "the registry names the leader")
    processes.cluster.finish_all()
    tombstone = processes.until_over(job)
    assert tombstone.state == "FINISHED" and tombstone.failure is None
    assert [e.state for e in processes.executions(job)] == ["FINISHED"] * 3
    assert_all_given_back(processes, job)


def test_a_user_exception_is_the_root_of_a_failed_job(processes: Processes) -> None:
    job = processes.submit()
    processes.until(lambda: processes.running(job), "all tasks run")
    raised = Failure(message="ValueError: bad line", traceback="job.py first")
    processes.cluster.fail(processes.record(job).executions["b" * 32, 1].allocation or "", raised)
    tombstone = processes.until_over(job)
    assert tombstone.state == "FAILED" and tombstone.failure is not None
    assert tombstone.failure.message == "ValueError: bad line" and tombstone.failure.traceback == "job.py first"
    assert tombstone.failure.task_name == "Flat Map (2/2)" and tombstone.failure.taskmanager == "tm-1"
    assert [row.failure for row in processes.record(job).failures.values()] == [tombstone.failure]
    assert_all_given_back(processes, job)


def test_a_cancelled_job(processes: Processes) -> None:
    job = processes.submit()
    processes.until(lambda: processes.running(job), "all tasks run")
    processes.cluster.tell(job, CancelRequested(by="test"))
    assert processes.until_over(job).state == "CANCELED"
    assert {e.state for e in processes.executions(job)} == {"CANCELED"}
    assert_all_given_back(processes, job)


def test_a_lost_slot(processes: Processes) -> None:
    job = processes.submit()
    processes.until(lambda: processes.running(job), "all tasks run")
    processes.cluster.kill(processes.record(job).executions["b" * 32, 0].allocation or "")
    tombstone = processes.until_over(job)
    assert tombstone.failure is not None and "was lost: killed by signal 9" in tombstone.failure.message
    assert_all_given_back(processes, job)


def test_more_slots_than_there_are_time_out_and_another_job_runs_meanwhile(processes: Processes) -> None:
    large, small = processes.submit(3), processes.submit(1)
    processes.until(lambda: processes.running(small), "the small job runs")
    assert processes.record(large).job.message in ("waiting for 3 of 3 slots", "")
    tombstone = processes.until_over(large)
    assert tombstone.failure is not None
    assert tombstone.failure.message.startswith("NoResourceAvailableException: could not get 3 of 3 slots within 1 s")
    processes.cluster.finish_all()
    assert processes.until_over(small).state == "FINISHED"
    assert_all_given_back(processes, small)


def test_a_hint_that_is_lost_in_the_broker_is_sent_again(processes: Processes) -> None:
    processes.cluster.deaf = True
    job = processes.submit(1)
    processes.until(lambda: processes.cluster.hints, "the first hint")
    processes.cluster.hints.clear()
    processes.cluster.deaf = False
    processes.until(lambda: processes.running(job), "all tasks run")
    processes.cluster.finish_all()
    assert processes.until_over(job).state == "FINISHED"


def test_a_malformed_graph_harms_nobody(processes: Processes) -> None:
    digest = processes.coordination.blobs.put(b"{}")
    from msgspec.structs import replace

    from penstock.coordination.messages import encode
    from tests.unit.jobmanager.jobs import new_row

    row = encode(replace(new_row("e" * 32), graph=digest))
    processes.coordination.submissions.create("e" * 32, digest, digest, "bad", 1, {"job": row})
    tombstone = processes.until_over("e" * 32)
    assert tombstone.failure is not None and "the JobGraph is malformed" in tombstone.failure.message
    assert processes.managers["jm-1"].process.poll() is None


def test_a_wrong_configuration_is_named_and_ends_with_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "penstock_jobmanager", "-D", "penstock.lease.tll=1 s"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    assert "penstock.lease.tll" in done.stderr and "penstock.lease.ttl" in done.stderr


def test_help_names_the_keys(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "penstock_jobmanager", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0 and "slot.request.timeout" in done.stdout
