"""Making and deleting input logs, as often as an outbox may ask for it."""

from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from penstock.coordination.keys import Keys
from penstock.exchange.log_admin import create_logs, delete_logs, input_logs
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex

pytestmark = pytest.mark.contract

_VERTICES = tuple(
    JobVertex(id=v, name=v, operators=(), parallelism=n, max_parallelism=128) for v, n in (("p", 1), ("c", 3))
)
_GRAPH = JobGraph(
    job_id="b" * 32,
    name="job",
    vertices=_VERTICES,
    edges=(JobEdge(source="p", source_operator=0, target="c", strategy="REBALANCE"),),
)


@pytest.fixture
def clients(any_redis_server: Any) -> Any:
    with redis.Redis.from_url(any_redis_server.url) as client:
        yield {any_redis_server.url: client}


def test_creating_twice_returns_what_is_there(clients: Any, prefix: str) -> None:
    keys = Keys(prefix)
    (url, client) = next(iter(clients.items()))
    (first,) = create_logs(clients, keys, _GRAPH, 0)
    for subtask in range(3):
        assert [at for at, _ in client.xrange(keys.input_log(_GRAPH.job_id, 0, "c", subtask))] == [b"0-1"]
    client.xadd(keys.input_log(_GRAPH.job_id, 0, "c", 1), {"h": "x"})
    client.xtrim(keys.input_log(_GRAPH.job_id, 0, "c", 0), maxlen=0, approximate=False)
    assert create_logs(clients, keys, _GRAPH, 0) == (first,)
    assert client.xlen(keys.input_log(_GRAPH.job_id, 0, "c", 0)) == 0, "a log in use must not begin anew"
    assert client.xlen(keys.input_log(_GRAPH.job_id, 0, "c", 1)) == 2
    assert first.url == url and first.run_id == client.info("server")["run_id"]
    assert not client.exists(keys.input_log(_GRAPH.job_id, 0, "p", 0)), "a source has no input"


def test_another_generation_has_another_nonce_and_logs_of_its_own(clients: Any, prefix: str) -> None:
    keys = Keys(prefix)
    nonces = {create_logs(clients, keys, _GRAPH, g)[0].nonce for g in range(3)}
    assert len(nonces) == 3
    delete_logs(clients, keys, _GRAPH, 0)
    client = next(iter(clients.values()))
    assert not client.exists(keys.input_log(_GRAPH.job_id, 0, "c", 0))
    assert client.exists(keys.input_log(_GRAPH.job_id, 1, "c", 0))


def test_deleting_leaves_nothing_and_may_be_repeated(clients: Any, prefix: str) -> None:
    keys = Keys(prefix)
    client = next(iter(clients.values()))
    create_logs(clients, keys, _GRAPH, 0)
    client.hset(keys.credit(_GRAPH.job_id, 0, "c", 0), "0", "1 0 1 0")
    client.xadd(keys.slot_wake(_GRAPH.job_id, 0, "slot"), {"p": ""})
    for _ in range(2):
        delete_logs(clients, keys, _GRAPH, 0)
        assert list(client.scan_iter(f"{prefix}:*")) == []


def test_an_exchange_that_is_away_keeps_nobody_from_deleting_on_the_others(clients: Any, prefix: str) -> None:
    keys = Keys(prefix)
    create_logs(clients, keys, _GRAPH, 0)
    url, client = next(iter(clients.items()))
    nobody = "redis://127.0.0.1:1"
    with redis.Redis.from_url(nobody, retry=Retry(NoBackoff(), 0)) as away, pytest.raises(redis.ConnectionError):
        delete_logs({nobody: away, url: client}, keys, _GRAPH, 0)
    assert not client.exists(keys.exchange_nonce(_GRAPH.job_id, 0))


def test_every_consuming_subtask_has_one_log_wherever_it_lies() -> None:
    placed = list(input_logs(_GRAPH, 0, 3))
    assert sorted((v, s) for _, v, s in placed) == [("c", 0), ("c", 1), ("c", 2)]
    assert all(0 <= number < 3 for number, _, _ in placed)
    assert placed == list(input_logs(_GRAPH, 0, 3))
