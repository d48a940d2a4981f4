"""`/penstock/jobs/:id/taps` and `…/tap`: what can be looked at, and what is seen."""

import time
from typing import Any

import msgspec
import pytest

from penstock.coordination.tap_rows import TapLease, TappedRecord, TapReport, TapSubtask
from penstock.coordination.taps import MOST_LEASES
from penstock.graph.job_graph import ChainedOutput
from penstock.graph.states import JobState

from .replica import JOB, SINK, SOURCE, Replica, graph

TAP = f"/penstock/jobs/{JOB}/vertices/{SOURCE}/tap"


@pytest.fixture
def job(replica: Replica) -> Replica:
    """Source -> Map in a chain, an edge to the sink; it runs."""
    first, *others = graph().vertices[0].operators
    chained = msgspec.structs.replace(first, outputs=(ChainedOutput(target=1),))
    source = msgspec.structs.replace(graph().vertices[0], operators=(chained, *others))
    replica.submit(graph(vertices=(source, graph().vertices[1])))
    replica.job_row(JobState.RUNNING)
    return replica


def publish(replica: Replica, *texts: str, vertex: str = SINK, point: str = "edge-0", subtask: int = 0) -> None:
    records = tuple(TappedRecord(text=t, type="str", time=1, key=f"k{t}") for t in texts)
    state = TapSubtask(subtask=subtask, attempt=3, sampled=len(texts))
    replica.coordination.taps.publish(JOB, [TapReport(vertex, point, state, records)])


def look(replica: Replica, path: str = TAP, **query: Any) -> Any:
    time.sleep(0.2)  # what was seen a moment ago is good for all who look
    answer = replica.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_edges_there_are(job: Replica) -> None:
    source, sink = job.http.get(f"/penstock/jobs/{JOB}/taps").json()["vertices"]
    edge = {"id": "edge-0", "name": "Map <x> -> Sink: out (REBALANCE)", "in-chain": False, "sampled-by": SINK}
    assert source["edges"] == [
        {"id": "op-0", "name": "Source: lines -> Map <x>", "in-chain": True, "sampled-by": SOURCE, "subtasks": 2},
        edge | {"subtasks": 1},
    ]
    assert sink["edges"] == [edge | {"subtasks": 1}]


def test_a_look_is_a_lease_and_shows_what_was_published(job: Replica) -> None:
    found = look(job)
    assert (found["state"], found["edge"]["id"], found["records"], found["subtasks"]) == ("RUNNING", "edge-0", [], [])
    assert [lease.member for lease in job.coordination.taps.publish(JOB)] == [f"{SINK}|edge-0|*"]
    publish(job, "a", "b")
    found = look(job)
    assert [(r["text"], r["key"], r["subtask"], r["attempt"]) for r in found["records"]] == [
        ("a", "ka", 0, 3),
        ("b", "kb", 0, 3),
    ]
    assert found["subtasks"] == [{"subtask": 0, "attempt": 3, "sampled": 2, "watermark": None}]
    publish(job, "c")
    assert [r["text"] for r in look(job, cursor=found["cursor"])["records"]] == ["c"]
    assert [r["text"] for r in look(job, limit=2)["records"]] == ["b", "c"]
    assert [r["text"] for r in look(job, filter="KB")["records"]] == ["b"], "in the key, upper or lower case"
    assert len({r["id"] for r in look(job)["records"]}) == 3


def test_edges_have_ids_names_and_subtasks(job: Replica) -> None:
    publish(job, "x", vertex=SOURCE, point="op-0", subtask=1)
    for edge in ("op-0", "Source: lines", "Source: lines -> Map <x>"):
        assert [r["text"] for r in look(job, edge=edge)["records"]] == ["x"]
    assert look(job, edge="op-0", subtask=0)["records"] == []
    leases = {lease.member for lease in job.coordination.taps.publish(JOB)}
    assert leases == {f"{SOURCE}|op-0|*", f"{SOURCE}|op-0|0"}


def test_the_page_is_the_same(job: Replica) -> None:
    publish(job, "a")
    shown = look(job, f"/penstock/views/jobs/{JOB}/vertices/{SOURCE}/tap")
    assert [r["text"] for r in shown["records"]] == ["a"]


@pytest.mark.parametrize(
    ("path", "query", "status", "text"),
    [
        (TAP, {"edge": "op-9"}, 404, "op-0 (Source: lines -> Map <x>), edge-0"),
        (TAP, {"subtask": "1"}, 404, "it has 0 to 0"),
        (TAP.replace(SOURCE, "d" * 32), {}, 404, f"it has {SOURCE} (Source: lines -> Map <x>)"),
        (TAP.replace(JOB, "d" * 32), {}, 404, "not found"),
        (TAP.replace(SOURCE, "xyz"), {}, 400, "32 hex digits"),
        (TAP, {"subtask": "-1"}, 400, "subtask"),
        (TAP, {"limit": "0"}, 400, "limit"),
        (TAP, {"limit": "1001"}, 400, "at most 1000"),
        (TAP, {"cursor": "now"}, 400, "cursor"),
        (TAP, {"filter": "x" * 201}, 400, "at most 200"),
        (f"/penstock/jobs/{'d' * 32}/taps", {}, 404, "not found"),
    ],
)
def test_what_is_wrong_is_told(job: Replica, path: str, query: dict[str, str], status: int, text: str) -> None:
    answer = job.http.get(path, params=query)
    assert (answer.status_code, text in answer.json()["errors"][0]) == (status, True), answer.text
    assert job.coordination.taps.publish(JOB) == [], "nothing is sampled for it"


def test_a_wrong_stream_is_told_before_it_begins(job: Replica) -> None:
    answer = job.http.get(f"/penstock/events/jobs/{JOB}/vertices/{SOURCE}/tap", params={"limit": "0"})
    assert answer.status_code == 400


def test_a_job_that_has_ended_has_no_tap(job: Replica) -> None:
    job.job_row(JobState.FINISHED)
    answer = job.http.get(TAP)
    assert answer.status_code == 409 and "is FINISHED" in answer.json()["errors"][0]


def test_a_job_has_so_many_taps_and_no_more(job: Replica) -> None:
    for n in range(MOST_LEASES):
        job.coordination.taps.view(JOB, TapLease(SOURCE, f"op-{n + 5}"))
    answer = job.http.get(TAP)
    assert answer.status_code == 409 and f"{MOST_LEASES} edges" in answer.json()["errors"][0]


def test_it_can_be_switched_off() -> None:
    replica = Replica(**{"penstock.tap.enabled": "false"})
    replica.submit()
    for path in (TAP, f"/penstock/jobs/{JOB}/taps", f"/penstock/events/jobs/{JOB}/vertices/{SOURCE}/tap"):
        answer = replica.http.get(path)
        assert answer.status_code == 403 and "penstock.tap.enabled" in answer.json()["errors"][0]


def test_redis_away_is_503(job: Replica) -> None:
    space = job.coordination.space
    job.reader.cache.clear()
    space.away = True
    assert job.http.get(TAP).status_code == 503
    space.away = False
    assert job.http.get(TAP).status_code == 200
