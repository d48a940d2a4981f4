"""Somebody who reaches Redis, but has no secret: nothing of what he writes is run, and the jobs go on."""

import base64
import json
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from penstock.client.cluster.settings import ClusterSettings
from penstock.coordination.broker import make_app, queue_name, send_hint
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import (
    CancelRequested,
    CancelTasks,
    Deploy,
    OfferSlot,
    ReleaseSlot,
    TaskAttempt,
    encode,
)
from penstock.exchange.header import Header, Kind, Serializer
from penstock.security.refusals import KINDS
from tests.integration.cluster.faults import PacedJob
from tests.integration.cluster.job_rows import plane_of, record_of
from tests.integration.cluster.local_cluster import LocalCluster, wait_for
from tests.integration.security.bomb import batch, bomb

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture
def paced_job(cluster: LocalCluster, tmp_path: Path) -> Iterator[Callable[..., PacedJob]]:
    made: list[PacedJob] = []

    def start(seconds: float) -> PacedJob:
        made.append(PacedJob(cluster, tmp_path / f"job{len(made)}", seconds))
        return made[-1]

    yield start
    for job in made:
        job.close()


def _log(cluster: LocalCluster) -> str:
    return "\n".join(path.read_text() for path in sorted((cluster.folder / "logs").glob("*.log")))


def _counted(cluster: LocalCluster) -> Counter[str]:
    """What all processes say they have refused, by kind: as Prometheus has it."""
    with urllib.request.urlopen(cluster.rest[0].rstrip("/") + "/metrics", timeout=20) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    found: Counter[str] = Counter()
    for sample in (s for family in families for s in family.samples if s.name == "penstock_refused_total"):
        found[sample.labels["kind"]] += int(sample.value)
    return found


def _restarts(cluster: LocalCluster, job: str) -> int:
    return max(row.attempt for row in record_of(cluster, job).executions.values())


def test_without_a_forger_nothing_is_refused(cluster: LocalCluster, paced_job: Any) -> None:
    before = _counted(cluster)
    assert set(before) == set(KINDS)
    paced_job(0.2).finished_exactly()
    assert _counted(cluster) == before


def test_forged_commands(cluster: LocalCluster, plane: Coordination, paced_job: Any) -> None:
    before = _counted(cluster)
    job = paced_job(6).running()
    record = record_of(cluster, job.id)
    tasks = tuple(TaskAttempt(vertex=v, subtask=s, attempt=row.attempt) for (v, s), row in record.executions.items())
    graph = plane.submissions.get(job.id)
    assert graph is not None
    deploy = Deploy(epoch=99, graph="f" * 64, generation=99, tasks=tasks, placement={}, exchange=())
    for allocation in record.allocations:
        stream = plane.keys.slot_commands(job.id, allocation)
        for command in (deploy, CancelTasks(epoch=99, tasks=tasks), ReleaseSlot(epoch=99, allocation=allocation)):
            plane.events.append(stream, encode(command))
        plane.events.append(stream, b"\x00PSK1 garbage \xff")
    plane.events.append(plane.keys.events(f"job:{job.id}"), encode(CancelRequested(by="mallory")))
    for row in record.allocations.values():
        offer = OfferSlot(epoch=99, allocation="x", request="x", job=job.id, slot=0, incarnation=row.incarnation)
        plane.events.append(plane.keys.taskmanager_commands(row.taskmanager), encode(offer))
        release = ReleaseSlot(epoch=99, allocation=next(iter(record.allocations)), job=job.id)
        plane.events.append(plane.keys.taskmanager_commands(row.taskmanager), encode(release))
    wait_for(lambda: _log(cluster).count("a message was refused") >= 12, 30, "they were read")
    # two at each TaskManager's own stream, four at each slot's, one at the JobMaster's
    wait_for(lambda: _counted(cluster)["message"] - before["message"] >= 12, 30, "they were counted")
    job.finished_exactly()
    assert _restarts(cluster, job.id) == 0


def test_forged_celery_messages(
    cluster: LocalCluster, settings: ClusterSettings, paced_job: Any, tmp_path: Path
) -> None:
    job = paced_job(6).running()
    record = record_of(cluster, job.id)
    with redis.Redis.from_url(settings.redis_url) as client:
        app = make_app(settings.redis_url, "penstock")
        try:
            for allocation, row in record.allocations.items():
                queue = queue_name(row.taskmanager)
                send_hint(app, queue, job.id, allocation, 1)
                for arguments in ([job.id, allocation, 1, "00" * 20], [job.id], [], [{"a": 1}, None, "x", 5]):
                    app.send_task("penstock.slot", args=arguments, queue=queue, ignore_result=True, retry=False)
                app.send_task("penstock.probe", args=["x"], queue=queue, ignore_result=True, retry=False)
                app.send_task("celery.map", args=["penstock.slot", [1]], queue=queue, ignore_result=True, retry=False)
                app.send_task("no.such.task", args=[], queue=queue, ignore_result=True, retry=False)
            queue = queue_name(next(iter(record.allocations.values())).taskmanager)
            for raw in _unreadable(queue, tmp_path / "bomb"):
                client.lpush(f"penstock:celery:{queue}", raw)
        finally:
            app.close()
    wait_for(lambda: _log(cluster).count("a Celery message was refused") >= 10, 30, "they were read")
    job.finished_exactly()
    assert _restarts(cluster, job.id) == 0
    paced_job(0.2).finished_exactly()  # whoever consumes does so still
    assert not (tmp_path / "bomb").exists()


def _unreadable(queue: str, target: Path) -> list[bytes]:
    """Messages that are none, and one that would be unpickled."""

    def message(body: bytes, content_type: str, encoding: str = "base64") -> bytes:
        return json.dumps(
            {
                "body": base64.b64encode(body).decode(),
                "content-encoding": "utf-8" if content_type.endswith("json") else "binary",
                "content-type": content_type,
                "headers": {"task": "penstock.slot", "id": uuid.uuid4().hex, "lang": "py", "argsrepr": ""},
                "properties": {
                    "body_encoding": encoding,
                    "correlation_id": uuid.uuid4().hex,
                    "delivery_info": {"exchange": "", "routing_key": queue},
                    "delivery_mode": 2,
                    "delivery_tag": uuid.uuid4().hex,
                    "priority": 0,
                },
            }
        ).encode()

    pickled = bomb(target)
    return [
        message(pickled, "application/x-python-serialize"),
        message(b"{not json", "application/json"),
        message(b"[]", "application/json"),
        message(b'"text"', "application/json"),
        message(b"[[], {}, {}]", "application/json", "no such encoding"),
        b"{}",
        b"[]",
        b"not even JSON",
        b"\xff\xfe",
        message(b'[["j", "a", 1], {}, {"callbacks": [{"task": "penstock.slot", "args": []}]}]', "application/json"),
    ]


def test_forged_log_entries(cluster: LocalCluster, settings: ClusterSettings, paced_job: Any, tmp_path: Path) -> None:
    before = _counted(cluster)
    job = paced_job(6).running()
    target = tmp_path / "bomb"
    with redis.Redis.from_url(settings.exchange[0]) as client:
        logs = [key for key in client.scan_iter(match=f"penstock:x:{job.id}:*") if client.type(key) == b"stream"]
        inputs = [key for key in logs if b"wake" not in key]
        assert inputs
        for key in inputs:
            for channel in range(4):
                header = Header(channel, 99, 0, Kind.DATA, Serializer.PICKLE, 10**6, 0).pack()
                client.xadd(key, {"h": header, "p": batch(target)}, nomkstream=True)
                client.xadd(key, {"h": header + bytes(16), "p": batch(target)}, nomkstream=True)
            client.xadd(key, {"p": batch(target)}, nomkstream=True)
    wait_for(lambda: _counted(cluster)["entry"] - before["entry"] == 9 * len(inputs), 30, "they were counted")
    listed = cluster.get(f"/taskmanagers/{cluster.get('/taskmanagers')['taskmanagers'][0]['id']}/metrics")
    assert {"id": "Penstock.refused.entry"} in listed
    job.finished_exactly()
    assert not target.exists() and _restarts(cluster, job.id) == 0
    assert "an entry was refused: not sealed with the cluster secret" in _log(cluster)


def test_forged_packages_and_functions(
    cluster: LocalCluster, settings: ClusterSettings, plane: Coordination, paced_job: Any, tmp_path: Path
) -> None:
    """A job out of blobs that did not come by a dispatcher."""
    model = paced_job(3).running()
    with plane_of(cluster) as ours:
        submission = ours.submissions.get(model.id)
        assert submission is not None
        graph = json.loads(ours.blobs.get(submission.graph))
    target = tmp_path / "bomb"
    evil = plane.blobs.put(bomb(target))
    graph["job_id"] = forged = uuid.uuid4().hex
    for vertex in graph["vertices"]:
        for operator in vertex["operators"]:
            operator["spec"] = evil
    stored = plane.blobs.put(json.dumps(graph).encode())
    for job, digest in ((forged, stored), (uuid.uuid4().hex, submission.graph)):
        with plane_of(cluster) as ours:  # the row of a job that is: as if its seal were no hindrance
            row = ours.store.load(f"job:{model.id}").rows["job"]
        fields = json.loads(row)
        fields |= {"job": job, "graph": digest, "state": "INITIALIZING", "generation": 0}
        plane.submissions.create(job, uuid.uuid4().hex, digest, "forged", 1, {"job": json.dumps(fields).encode()})
        plane.leases.wake()
    model.finished_exactly()
    paced_job(0.2).finished_exactly()
    assert not target.exists()
    listed = {job["jid"] for job in cluster.get("/jobs/overview")["jobs"]}
    assert model.id in listed and forged not in listed
    # through the front door it is refused as well: what was put past the dispatcher counts as missing
    status, answer = cluster.request("POST", "/penstock/jobs", json.dumps(graph).encode())
    assert status == 400 and "were not uploaded" in answer["errors"][0], answer
    assert not target.exists()
