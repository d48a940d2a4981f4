"""Ended jobs are shown for a while, then forgotten; what other jobs and programs need stays."""

import time

import msgspec

from penstock.client.config import Configuration
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.messages import encode
from penstock.coordination.operations import Commit, Op, SetKey, SetRemove
from penstock.coordination.rows import Tombstone
from penstock.graph.job_graph import JobGraph, JobVertex, OperatorNode
from penstock.graph.states import JobState
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.jar_store import JarRow, MemoryJarStore
from penstock_dispatcher.submission import submit
from penstock_dispatcher.tidying.expiry import expired
from penstock_dispatcher.tidying.tidying import Tidying

HOUR = 3_600_000


def test_the_old_and_the_too_many() -> None:
    ended = {"a": 10, "b": 30, "c": 20, "d": 40}
    assert expired(ended, 50, 100, 10) == []
    assert expired(ended, 120, 100, 10) == ["a", "c"]
    assert expired(ended, 50, 100, 1) == ["a", "c", "b"]
    assert expired(ended, 50, 100, 0) == ["a", "c", "b", "d"]
    assert expired({}, 50, 0, 0) == []


def graph(job: str, spec: str) -> JobGraph:
    node = OperatorNode(id="1" * 32, name="source", spec=spec)
    vertex = JobVertex(id="1" * 32, name="source", operators=(node,), parallelism=1, max_parallelism=128)
    return JobGraph(job_id=job, name="job", vertices=(vertex,), edges=())


def end(coordination: MemoryCoordination, job: str, age: int) -> None:
    epoch = coordination.leases.acquire(f"job:{job}", "n", 60_000)
    assert epoch is not None
    ended = time.time_ns() // 1_000_000 - age
    stone = encode(Tombstone(job=job, state=JobState.FINISHED, time=ended))
    ops: list[Op] = [SetKey(coordination.keys.tombstone(job), stone), SetRemove(coordination.keys.live_jobs(), job)]
    assert coordination.store.commit(Commit(role=f"job:{job}", epoch=epoch, revision=0, nonce="n", ops=ops)) == "OK"


def test_a_job_goes_with_what_only_it_needed() -> None:
    twin = MemoryCoordination()
    shared, own, program = (twin.blobs.put(data) for data in (b"shared", b"own", b"a program"))
    old, young, running = "a" * 32, "b" * 32, "c" * 32
    graphs = {old: graph(old, own), young: graph(young, shared), running: graph(running, shared)}
    for made in graphs.values():
        submit(twin, made)
    end(twin, old, 2 * HOUR)
    end(twin, young, HOUR // 2)
    jars = MemoryJarStore()
    jars.put(JarRow(id="1_job.py", name="job.py", uploaded=0, digest=program))
    tidying = Tidying(twin, ClusterReader(twin), jars, Configuration({}), grace=0)
    tidying.tidy()
    assert [job for job, _ in twin.submissions.all()] == [young, running]
    time.sleep(0.002)
    tidying.tidy()
    there = {data: twin.blobs.exists([digest]) for data, digest in (("own", own), ("old", stored(graphs[old])))}
    assert there == {"own": set(), "old": set()}
    kept = [shared, program, stored(graphs[young]), stored(graphs[running])]
    assert twin.blobs.exists(kept) == set(kept)


def stored(made: JobGraph) -> str:
    return MemoryCoordination().blobs.put(msgspec.json.encode(made))
