"""What the pages are drawn from: documents over GET and as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import redis

from penstock.coordination.failure import Failure
from penstock.coordination.rows import FailureRow, SubtaskMetrics
from penstock.graph.states import ExecutionState, JobState
from penstock_dispatcher.app import build_app
from penstock_dispatcher.live.event_stream import event_stream
from penstock_dispatcher.live.job_graph import HIDDEN, shown
from penstock_dispatcher.live.resources import MOST_STREAMS, LiveResources
from penstock_dispatcher.problems import NotFound, Unavailable

from .replica import JOB, SINK, SOURCE, Replica, graph, running


def events_of(stream: AsyncIterator[bytes], count: int) -> list[tuple[str, Any]]:
    """The first events, decoded; the stream is closed."""

    async def read() -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        async for chunk in stream:
            if chunk.startswith(b"event: "):
                name, data = chunk.decode().strip().split("\n")
                found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
            if len(found) == count:
                break
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    return asyncio.run(asyncio.wait_for(read(), 30))


def test_the_overview_tells_slots_jobs_services_and_leaders(replica: Replica) -> None:
    replica.submit()
    replica.taskmanager("tm-1", slots=2)
    replica.occupied(0, "alloc-0")
    replica.job_row(JobState.RUNNING)
    replica.executions(running(SOURCE, 0), running(SOURCE, 1), running(SINK, 0, state=ExecutionState.DEPLOYING))
    found = replica.http.get("/penstock/views/overview").json()
    assert found["slots"] == {"taskmanagers": 1, "total": 2, "free": 1}
    (job,) = found["jobs"]
    assert (job["id"], job["state"], job["slots"], job["slots-wanted"]) == (JOB, "RUNNING", 1, 2)
    assert job["tasks"] == {"RUNNING": 2, "DEPLOYING": 1}
    assert job["checkpoints"]["latest"] is None
    leases = {lease["role"]: lease for lease in found["leases"]}
    assert leases[f"job:{JOB}"] == {"role": f"job:{JOB}", "held": True, "epoch": 1, "leader": None}
    assert leases["resourcemanager"]["held"] is True
    assert found["features"] == {"submit": True, "cancel": True}
    assert found["now"] > 0


def test_a_free_lease_is_told(replica: Replica) -> None:
    assert replica.http.get("/penstock/views/overview").json()["leases"] == [
        {"role": "resourcemanager", "held": False, "epoch": 0, "leader": None}
    ]


def test_a_job_has_all_its_subtasks_and_the_counters_of_their_attempts(replica: Replica) -> None:
    replica.submit()
    replica.job_row(JobState.RUNNING)
    replica.executions(running(SOURCE, 0), running(SOURCE, 1, attempt=2), running(SINK, 0))
    measured = SubtaskMetrics(attempt=0, records_out=7, busy_ms=300, watermark=5, user={"map.seen": 3})
    replica.coordination.metrics.put(JOB, SOURCE, 0, measured)
    replica.coordination.metrics.put(JOB, SOURCE, 1, measured)
    found = replica.http.get(f"/penstock/views/jobs/{JOB}").json()
    source, sink = found["vertices"]
    assert (source["parallelism"], len(source["subtasks"]), sink["state"]) == (2, 2, "RUNNING")
    first, second = source["subtasks"]
    assert first["measured"]["records-out"] == 7 and first["measured"]["watermark"] == 5
    assert second["measured"] is None, "of an attempt before"
    assert (second["attempt"], second["taskmanager"], second["endpoint"]) == (2, "tm-1", "box:1234")
    assert "metrics" not in first
    chosen = replica.http.get(f"/penstock/views/jobs/{JOB}", params={"vertex": SOURCE}).json()
    assert chosen["vertices"][0]["subtasks"][0]["metrics"] == {"map.seen": 3}
    assert "metrics" not in chosen["vertices"][1]["subtasks"][0]


def test_failures_are_the_newest_first_with_the_record(replica: Replica) -> None:
    replica.submit()
    replica.job_row(JobState.RUNNING)
    first = Failure(message="ValueError: a", traceback="tb", task_name="Map (1/2)", record="'x'", taskmanager="tm-1")
    rows = {
        "failure:1": FailureRow(time=1, failure=first),
        "failure:2": FailureRow(time=2, failure=Failure(message="b"), concurrent=True),
    }
    replica.commit(f"job:{JOB}", rows)
    found = replica.http.get(f"/penstock/views/jobs/{JOB}/failures").json()
    assert [f["message"] for f in found["failures"]] == ["b", "ValueError: a"]
    assert found["failures"][1]["record"] == "'x'"
    assert found["failures"][1]["recovery"] == ""
    assert found["failures"][0]["concurrent"] is True
    assert replica.http.get(f"/penstock/views/jobs/{JOB}").json()["failures"] == [
        {"time": 1, "message": "ValueError: a", "concurrent": False},
        {"time": 2, "message": "b", "concurrent": True},
    ]


def test_the_graph_has_chains_edges_and_no_secrets(replica: Replica) -> None:
    secret = {"s3.secret-key": "hush", "pipeline.name": "n", "$internal.program.origin": "x"}
    replica.submit(graph(configuration=secret))
    found = replica.http.get(f"/penstock/views/jobs/{JOB}/graph").json()
    assert [o["name"] for o in found["vertices"][0]["operators"]] == ["Source: lines", "Map <x>"]
    assert found["edges"] == [{"source": SOURCE, "target": SINK, "strategy": "REBALANCE", "input": 0, "tag": None}]
    assert found["configuration"]["job"] == {"pipeline.name": "n", "s3.secret-key": HIDDEN}


def test_passwords_in_addresses_are_hidden() -> None:
    urls = {"penstock.redis.url": "redis://user:pw@host:1/0", "x": "redis://:pw@a,redis://:pw@b", "y": "http://a/b@c"}
    assert shown(urls) == {
        "penstock.redis.url": f"redis://user:{HIDDEN}@host:1/0",
        "x": f"redis://:{HIDDEN}@a,redis://:{HIDDEN}@b",
        "y": "http://a/b@c",
    }


def test_taskmanagers_tell_what_runs_in_their_slots(replica: Replica) -> None:
    replica.submit()
    replica.taskmanager("tm-1", slots=2)
    replica.occupied(1, "alloc-0")
    replica.executions(running(SOURCE, 0), running(SINK, 0, allocation="alloc-0", state=ExecutionState.FINISHED))
    (found,) = replica.http.get("/penstock/views/taskmanagers").json()["taskmanagers"]
    free, used = found["slots"]
    assert (free["job"], free["tasks"], used["job"], used["job-name"]) == (None, [], JOB, "word count")
    assert [(t["vertex"], t["subtask"], t["state"]) for t in used["tasks"]] == [(SOURCE, 0, "RUNNING")]


@pytest.mark.parametrize("kind", ["views", "events"])
def test_bad_requests_are_answered_in_flinks_form(replica: Replica, kind: str) -> None:
    for path in ("jobs/xyz", f"jobs/{JOB}?vertex=xyz"):
        answer = replica.http.get(f"/penstock/{kind}/{path}")
        assert answer.status_code == 400 and "32 hex digits" in answer.json()["errors"][0]
    assert replica.http.get(f"/penstock/{kind}/nothing").status_code == 404
    assert replica.http.get(f"/penstock/views/jobs/{JOB}").status_code == 404


def test_events_are_the_document_and_then_ticks_until_it_changes() -> None:
    documents = iter([{"now": 1, "a": 1}, {"now": 2, "a": 1}, {"now": 3, "a": 2}, {"now": 4, "a": 2}])
    assert events_of(event_stream(lambda: next(documents), 0), 4) == [
        ("document", {"now": 1, "a": 1}),
        ("tick", 2),
        ("document", {"now": 3, "a": 2}),
        ("tick", 4),
    ]


def test_an_outage_is_told_and_does_not_end_the_stream() -> None:
    steps: list[Any] = [{"now": 1}, redis.ConnectionError("refused"), Unavailable("later"), {"now": 4}]

    def load() -> dict[str, Any]:
        step = steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return dict(step)

    found = events_of(event_stream(load, 0), 4)
    assert [name for name, _ in found] == ["document", "problem", "problem", "document"]
    assert found[1][1]["status"] == 503 and "Redis is away" in found[1][1]["errors"][0]


@pytest.mark.parametrize(("error", "status"), [(NotFound("Job x not found"), 404), (KeyError("defect"), 500)])
def test_what_waiting_does_not_cure_ends_the_stream(error: Exception, status: int) -> None:
    def load() -> dict[str, Any]:
        raise error

    found = events_of(event_stream(load, 0), 10)
    assert [(name, data["status"]) for name, data in found] == [("problem", status)]


def test_a_stream_ends_with_the_dispatcher() -> None:
    served: list[int] = []

    def load() -> dict[str, Any]:
        served.append(1)
        return {"now": len(served), "a": len(served)}

    assert len(events_of(event_stream(load, 0, lambda: len(served) == 3), 10)) == 3


class Browser:
    """An ASGI client that leaves after so many events."""

    def __init__(self, app: Callable[..., Awaitable[None]], path: str) -> None:
        self.app, self.path = app, path
        self.status, self.events = 0, 0
        self.headers: dict[str, str] = {}
        self.gone = asyncio.Event()

    async def read(self, events: int) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            self.events += message.get("body", b"").startswith(b"event: ")
            if self.events >= events:
                self.gone.set()

        scope = {
            "type": "http",
            "method": "GET",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"d"), (b"accept", b"text/event-stream")],
            "client": ("127.0.0.1", 1),
            "server": ("d", 80),
            "scheme": "http",
            "http_version": "1.1",
        }
        await asyncio.wait_for(self.app(scope, receive, send), 30)


def test_a_stream_ends_when_its_reader_leaves(replica: Replica) -> None:
    browser = Browser(build_app(replica.dispatcher), "/penstock/events/overview")
    asyncio.run(browser.read(2))
    assert browser.status == 200
    assert browser.headers["content-type"].startswith("text/event-stream")
    assert browser.headers["cache-control"] == "no-store"
    assert browser.events >= 2


def test_too_many_streams_are_asked_to_poll(replica: Replica) -> None:
    resources = LiveResources(replica.dispatcher, 0.01)
    resources._streams = MOST_STREAMS
    app = build_app(replica.dispatcher)
    events = next(r for r in resources.routes() if getattr(r, "path", "") == "/penstock/events/overview")
    app.router.routes.insert(0, events)
    browser = Browser(app, "/penstock/events/overview")
    asyncio.run(browser.read(1 << 30))
    assert (browser.status, browser.headers["retry-after"]) == (503, "1")
    resources._streams = 0
    browser = Browser(app, "/penstock/events/overview")
    asyncio.run(browser.read(1))
    assert (browser.status, resources._streams) == (200, 0)


def test_many_readers_cost_one_reading(replica: Replica) -> None:
    reads = 0
    load = replica.reader.slots

    def counted() -> Any:
        nonlocal reads
        reads += 1
        return load()

    replica.reader.slots = counted  # type: ignore[method-assign]
    app = build_app(replica.dispatcher)

    async def all_of_them() -> None:
        first = Browser(app, "/penstock/events/overview")
        await first.read(1)
        await asyncio.gather(*(Browser(app, "/penstock/events/overview").read(1) for _ in range(20)))

    asyncio.run(all_of_them())
    assert reads <= 2
