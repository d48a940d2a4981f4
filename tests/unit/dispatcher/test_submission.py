"""`/penstock/…`: blobs, JobGraphs, what a client has to know of the cluster."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest

from penstock.client.collect_frames import read_frames
from penstock.coordination.rows import ServiceInfo
from penstock.exchange.collect_log import CollectEntry, CollectKind
from penstock.graph.job_graph import JobGraph
from penstock_dispatcher.cluster_reader import OWN_PYTHON

from .replica import JOB, SINK, SOURCE, SPEC, Replica, digest_of, graph


def test_blobs_are_stored_under_their_digest(replica: Replica) -> None:
    digest = digest_of(b"data")
    assert replica.http.post("/penstock/blobs/missing", json={"blobs": [digest]}).json() == {"missing": [digest]}
    assert replica.http.put(f"/penstock/blobs/{digest}", content=b"data").status_code == 201
    assert replica.http.put(f"/penstock/blobs/{digest}", content=b"data").status_code == 201
    assert replica.http.post("/penstock/blobs/missing", json={"blobs": [digest]}).json() == {"missing": []}
    assert replica.coordination.blobs.get(digest) == b"data"


def test_a_blob_of_another_digest_is_refused(replica: Replica) -> None:
    digest = digest_of(b"data")
    answer = replica.http.put(f"/penstock/blobs/{digest}", content=b"date")
    assert answer.status_code == 400
    assert digest_of(b"date") in answer.json()["errors"][0]
    assert replica.coordination.blobs.exists([digest]) == set()


@pytest.mark.parametrize("digest", ["x", "A" * 64, "..%2f..%2fetc%2fpasswd", "0" * 63])
def test_a_malformed_digest_is_refused(replica: Replica, digest: str) -> None:
    answer = replica.http.put(f"/penstock/blobs/{digest}", content=b"data")
    assert answer.status_code in (400, 404)
    assert replica.http.post("/penstock/blobs/missing", json={"blobs": [digest]}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"blobs": 3}', b"{}", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_list_of_blobs_is_400(replica: Replica, body: bytes) -> None:
    answer = replica.http.post("/penstock/blobs/missing", content=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"errors"}


def test_the_same_submission_again_is_the_same_job(replica: Replica) -> None:
    replica.submit()
    before = replica.coordination.submissions.get(JOB)
    again = replica.http.post("/penstock/jobs", content=json.dumps(msgspec.to_builtins(graph()), indent=1))
    assert (again.status_code, again.json()) == (202, {"jobid": JOB, "jobUrl": f"/jobs/{JOB}"})
    assert replica.coordination.submissions.get(JOB) == before
    assert len(replica.coordination.submissions.all()) == 1


def test_another_job_under_the_same_id_is_409(replica: Replica) -> None:
    replica.submit()
    answer = replica.http.post("/penstock/jobs", content=msgspec.json.encode(graph(name="another")))
    assert answer.status_code == 409
    assert JOB in answer.json()["errors"][0]
    assert replica.http.get(f"/jobs/{JOB}").json()["name"] == "word count"


def test_two_submissions_under_one_id_from_one_run_request_are_one_job(replica: Replica) -> None:
    origin = {"$internal.program.origin": "d" * 64}
    replica.submit(graph(configuration=origin))
    answer = replica.http.post("/penstock/jobs", content=msgspec.json.encode(graph(configuration=origin, name="again")))
    assert (answer.status_code, answer.json()["jobid"]) == (202, JOB)
    assert replica.http.get(f"/jobs/{JOB}").json()["name"] == "word count"


def test_a_job_without_its_blobs_is_refused(replica: Replica) -> None:
    answer = replica.http.post("/penstock/jobs", content=msgspec.json.encode(graph()))
    assert answer.status_code == 400
    assert digest_of(SPEC) in answer.json()["errors"][0]
    assert replica.http.get(f"/jobs/{JOB}").status_code == 404


@pytest.mark.parametrize("pickled_by", ["3.1", ""])
def test_functions_of_another_python_are_refused_naming_both(replica: Replica, pickled_by: str) -> None:
    replica.coordination.blobs.put(SPEC)
    body = msgspec.json.encode(graph(python_version=pickled_by))
    for _ in range(2):
        answer = replica.http.post("/penstock/jobs", content=body)
        assert answer.status_code == 400
        assert f"Python {pickled_by or '(not said)'}," in answer.json()["errors"][0]
        assert f"the slots run Python {OWN_PYTHON}:" in answer.json()["errors"][0]
        replica.taskmanager()
    assert replica.http.get(f"/jobs/{JOB}").status_code == 404


def test_slots_of_two_pythons_take_no_pickled_function(replica: Replica) -> None:
    replica.taskmanager("tm-1")
    replica.taskmanager("tm-2", python_version="3.1")
    replica.coordination.blobs.put(SPEC)
    answer = replica.http.post("/penstock/jobs", content=msgspec.json.encode(graph()))
    assert answer.status_code == 400
    assert "the slots run Python 3.1:" in answer.json()["errors"][0]


def test_a_patch_release_makes_no_difference(replica: Replica) -> None:
    replica.taskmanager(python_version=f"{OWN_PYTHON}.99")
    replica.submit()


def raw(**changes: object) -> bytes:
    return json.dumps({**msgspec.to_builtins(graph()), **changes}).encode()


def vertices(**changes: object) -> list[dict[str, object]]:
    source, sink = msgspec.to_builtins(graph())["vertices"]
    return [{**source, **changes}, sink]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"not json", "the request's body is not JSON"),
        (b"{}", "the request's body is not a JobGraph: Object missing required field `job_id`"),
        (b"[]", "the request's body is not a JobGraph"),
        (raw(job_id="abc"), "job_id 'abc' of the JobGraph is not 32 lower-case hex digits"),
        (raw(job_id=JOB.upper()), "job_id"),
        (raw(job_id="../../../../../../../../etc/passwd"), "job_id"),
        (raw(package="../x"), "blob '../x' of the JobGraph"),
        (raw(vertices=[]), f"the JobGraph of {JOB} has no vertices"),
        (raw(vertices=vertices(parallelism=0)), "the parallelism 0 of"),
        (raw(vertices=vertices(parallelism=200)), "the parallelism 200 of"),
        (raw(vertices=vertices(max_parallelism=1 << 20)), "the max parallelism 1048576 of"),
        (raw(vertices=vertices(parallelism="2")), "the request's body is not a JobGraph: Expected `int`, got `str`"),
        (raw(vertices=vertices(operators=[])), "the vertex 'Source: lines -> Map <x>' has no operators"),
        (raw(vertices=vertices(id=SINK)), "the JobGraph has two vertices"),
        (raw(edges=[{"source": SINK, "source_operator": 0, "target": SOURCE}]), "edge 0 of the JobGraph"),
        (raw(edges=[{"source": "d" * 32, "source_operator": 0, "target": SINK}]), "edge 0 of the JobGraph names"),
        (raw(edges=[{"source": SOURCE, "source_operator": 9, "target": SINK}]), "edge 0 of the JobGraph"),
        (raw(edges=[{"source": SOURCE, "source_operator": 0, "target": SINK, "strategy": "ANY"}]), "the request's"),
    ],
)
def test_what_is_no_runnable_job_graph_is_400(replica: Replica, body: bytes, message: str) -> None:
    replica.coordination.blobs.put(SPEC)
    answer = replica.http.post("/penstock/jobs", content=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(message)
    assert replica.coordination.submissions.all() == []


def test_a_body_past_the_limit_is_413_whether_it_says_so_or_not() -> None:
    replica = Replica(**{"rest.server.max-content-length": "1000"})

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    for body in (b"x" * 1001, chunks()):
        answer = replica.http.post("/penstock/jobs", content=body)
        assert answer.status_code == 413
        assert "1000 bytes" in answer.json()["errors"][0]
    allowed = replica.http.put(f"/penstock/blobs/{digest_of(b'y' * 1000)}", content=b"y" * 1000)
    assert allowed.status_code == 201


def test_the_stored_graph_is_what_was_submitted(replica: Replica) -> None:
    replica.submit()
    stored = replica.coordination.submissions.get(JOB)
    assert stored is not None
    assert msgspec.json.decode(replica.coordination.blobs.get(stored.graph), type=JobGraph) == graph()
    assert replica.coordination.submissions.live() == {JOB}


def test_the_cluster_tells_the_slots_python_and_no_password() -> None:
    replica = Replica(**{"penstock.exchange.urls": "redis://:secret@box:6380/0,redis://box:6381"})
    told = replica.http.get("/penstock/cluster").json()
    assert told["python-versions"] == [OWN_PYTHON]
    assert told["exchange"] == ["redis://box:6380/0", "redis://box:6381"]
    replica.taskmanager("tm-1", "3.12.1")
    replica.taskmanager("tm-2", "3.13.0")
    replica.coordination.registry.announce(ServiceInfo(service="dispatcher", id="d1", pid=7, host="box", time=0))
    replica.reader.cache.clear()
    told = replica.http.get("/penstock/cluster").json()
    assert told["python-versions"] == ["3.12", "3.13"]
    assert [s["id"] for s in told["services"]] == ["d1"]


def test_collected_batches_come_framed_and_from_where_the_client_is(replica: Replica) -> None:
    replica.submit()
    first, second = (CollectEntry(CollectKind.DATA, (1, 0), n, n + 2, b"data") for n in (0, 2))
    replica.collecting.entries = (("5-0", first), ("5-1", second))
    page = read_frames(replica.http.get(f"/penstock/jobs/{JOB}/collect/c1").content)
    assert (page.entries, page.position) == ((first, second), "5-1")
    page = read_frames(replica.http.get(f"/penstock/jobs/{JOB}/collect/c1?position=5-0").content)
    assert (page.entries, page.position) == ((second,), "5-1")
    page = read_frames(replica.http.get(f"/penstock/jobs/{JOB}/collect/c1?position=5-1").content)
    assert (page.entries, page.position) == ((), "5-1")
    for wrong in ("-1", "5", "x-1", "5-"):
        assert replica.http.get(f"/penstock/jobs/{JOB}/collect/c1?position={wrong}").status_code == 400
    assert replica.http.get(f"/penstock/jobs/{'e' * 32}/collect/c1").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_page_from_elsewhere_may_not_write(replica: Replica, method: str) -> None:
    replica.submit()
    answer = replica.http.request(method, f"/jobs/{JOB}", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    own = replica.http.request("PATCH", f"/jobs/{JOB}", headers={"Origin": "http://dispatcher:8081"})
    assert own.status_code == 202


def test_a_job_brings_no_secret_of_its_own(replica: Replica) -> None:
    job = graph(configuration={"penstock.secret": "a secret that is not the cluster's"})
    answer = replica.http.post("/penstock/jobs", content=msgspec.json.encode(job))
    assert answer.status_code == 400 and "cannot bring penstock.secret" in answer.json()["errors"][0]
    assert "not the cluster's" not in answer.text
