"""Dispatchers as processes over a real Redis: outages, replicas, limits on the wire, collected results."""

import hashlib
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from penstock.client.config import Configuration
from penstock.client.context import ProgramContext
from penstock.client.job_client import JobExecutionError, RemoteJobClient
from penstock.client.remote import RemoteExecutor
from penstock.client.rest_client import ClusterUnreachable, RestClient, RestError
from penstock.coordination.coordination import Coordination
from penstock.coordination.failure import Failure
from penstock.coordination.keys import Keys
from penstock.coordination.messages import ExchangeRef, encode
from penstock.coordination.operations import Commit
from penstock.coordination.rows import JobRow
from penstock.exchange.header import Header, Kind
from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph import JobGraph, JobVertex, OperatorNode
from penstock.graph.states import JobState

from .conftest import StartDispatcher, StartRedis

pytestmark = pytest.mark.integration

JOB = "7" * 32
SPEC = b"a pickled spec"


def compiled(name: str = "j") -> CompiledJob:
    digest = hashlib.sha256(SPEC).hexdigest()
    vertex = JobVertex(
        id="a" * 32,
        name="op",
        operators=(OperatorNode(id="a" * 32, name="op", spec=digest),),
        parallelism=1,
        max_parallelism=128,
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return CompiledJob(
        JobGraph(job_id=JOB, name=name, vertices=(vertex,), edges=(), python_version=version), {digest: SPEC}
    )


def submit(*urls: str, name: str = "j") -> RemoteJobClient:
    settings = {"rest.retry.max-attempts": "20", "rest.retry.delay": "200 ms"}
    return RemoteExecutor(urls, Configuration(settings), ProgramContext()).execute(compiled(name))


def lead(redis_url: str, prefix: str, state: JobState, **fields: object) -> None:
    """Write the job's row as its JobMaster would."""
    with Coordination.connect(redis_url, prefix) as coordination:
        role = f"job:{JOB}"
        epoch = coordination.leases.acquire(role, "n", 60_000)
        submission, before = coordination.submissions.get(JOB), coordination.store.load(role)
        assert epoch is not None
        assert submission is not None
        row = msgspec.convert(
            {
                "job": JOB,
                "name": "j",
                "graph": submission.graph,
                "start_time": 1,
                "end_time": 5,
                "state": state,
                **fields,
            },
            JobRow,
        )
        done = coordination.store.commit(
            Commit(role=role, epoch=epoch, revision=before.revision, nonce=f"n{state}", rows={"job": encode(row)})
        )
        assert done == "OK"


def eventually(check: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def test_it_starts_before_redis_and_survives_its_restart(
    start_dispatcher: StartDispatcher, start_redis: StartRedis
) -> None:
    server = start_redis(persistent=True)
    server.stop()
    dispatcher = start_dispatcher(server.url)
    for path in ("/overview", "/health", "/v1/jobs"):
        answer = dispatcher.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert set(answer.json()) == {"errors"}
    server.start()
    eventually(lambda: dispatcher.get("/health").status_code == 200)
    submit(dispatcher.url)
    server.restart(kill=True)
    eventually(lambda: dispatcher.get(f"/jobs/{JOB}").status_code == 200)
    assert dispatcher.get("/jobs").json() == {"jobs": [{"id": JOB, "status": "INITIALIZING"}]}


def test_every_replica_serves_and_a_client_outlives_one(
    start_dispatcher: StartDispatcher, redis_url: str, prefix: str
) -> None:
    first, second = start_dispatcher(), start_dispatcher()
    client = submit(first.url, second.url)
    assert second.get(f"/jobs/{JOB}/status").json() == {"status": "INITIALIZING"}
    first.kill()
    assert client.status() is JobState.INITIALIZING
    lead(redis_url, prefix, JobState.FINISHED)
    assert client.result(20).net_runtime == 4
    assert submit(second.url).job_id == JOB
    with pytest.raises(RestError, match=f"job id {JOB} is taken"):
        submit(second.url, name="another")


def test_a_failed_job_is_told_with_the_users_traceback(
    start_dispatcher: StartDispatcher, redis_url: str, prefix: str
) -> None:
    client = submit(start_dispatcher().url)
    failure = Failure(message="ValueError: bad", traceback='File "job.py", line 3\nValueError: bad\n')
    lead(redis_url, prefix, JobState.FAILED, root_failure=msgspec.to_builtins(failure))
    with pytest.raises(JobExecutionError) as raised:
        client.result(20)
    assert str(raised.value).startswith('File "job.py", line 3')


def test_nobody_there_is_said_after_the_retries() -> None:
    with pytest.raises(ClusterUnreachable, match=r"no dispatcher answers at http://127\.0\.0\.1:9"):
        settings = Configuration({"rest.retry.max-attempts": "2", "rest.retry.delay": "50 ms"})
        RestClient(["127.0.0.1:9"], settings).overview()


def test_what_is_too_large_gets_its_answer_over_the_wire(start_dispatcher: StartDispatcher) -> None:
    dispatcher = start_dispatcher(**{"rest.server.max-content-length": "100000"})
    with RestClient([dispatcher.url]) as rest, pytest.raises(RestError, match="100000 bytes") as raised:
        rest.put_blob(hashlib.sha256(b"").hexdigest(), b"x" * 150_000)
    assert raised.value.status == 413

    def chunks(count: int, size: int) -> Iterator[bytes]:
        for _ in range(count):
            yield b"x" * size

    # in the second the last chunk alone passes the bound
    for count, size in ((200, 1000), (2, 51_000), (1, 150_000)):
        body = chunks(count, size)
        answer = httpx.put(f"{dispatcher.url}/penstock/blobs/{'0' * 64}", content=body, trust_env=False, timeout=30)
        assert answer.status_code == 413
    assert dispatcher.get("/health").status_code == 200


def test_a_large_blob_goes_to_the_storage_directory(start_dispatcher: StartDispatcher, tmp_path: Path) -> None:
    dispatcher = start_dispatcher(**{"penstock.storage.dir": str(tmp_path)})
    data = b"y" * (3 << 20)
    digest = hashlib.sha256(data).hexdigest()
    with RestClient([dispatcher.url]) as rest:
        rest.put_blob(digest, data)
        assert rest.missing_blobs([digest]) == []
    assert [p.name for p in tmp_path.rglob(digest)] == [digest]


def test_sigterm_is_a_clean_leave(start_dispatcher: StartDispatcher, redis_url: str, prefix: str) -> None:
    dispatcher = start_dispatcher()
    with Coordination.connect(redis_url, prefix) as coordination:
        eventually(lambda: [s.address for s in coordination.registry.alive()] == [dispatcher.url])
        assert dispatcher.terminate() == 0
        assert coordination.registry.alive() == []


def test_collected_records_reach_the_client(
    start_dispatcher: StartDispatcher, start_redis: StartRedis, prefix: str
) -> None:
    exchange = start_redis()
    keys = Keys(prefix)
    client = submit(start_dispatcher(exchange.url).url)
    with Coordination.connect(exchange.url) as coordination:
        redis = coordination.client
        log = keys.collect_log(JOB, "c1")
        ref = msgspec.to_builtins(ExchangeRef(url=exchange.url, run_id="r", nonce="n"))
        lead(exchange.url, prefix, JobState.FINISHED, exchange=[ref])
        for before, records in ((0, [1, 2]), (2, [3])):
            header = Header(0, 1, 0, Kind.DATA, 0, before + len(records), before)
            redis.xadd(log, {"h": header.pack(), "p": pickle.dumps(records)})
        redis.xadd(log, {"h": Header(0, 1, 0, Kind.END, 0, 3, 3).pack(), "p": b""})
        assert list(client.collect("c1")) == [1, 2, 3]
