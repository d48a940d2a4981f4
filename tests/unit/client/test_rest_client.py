"""RestClient against scripted dispatchers: which address is asked, how often, and what an error becomes."""

from collections.abc import Callable

import httpx
import pytest

from penstock.client.config import Configuration
from penstock.client.rest_client import ClusterUnreachable, RestClient, RestError
from penstock.client.retry_policy import RetryPolicy

Answer = Callable[[httpx.Request], httpx.Response]
FAST = Configuration({"rest.retry.max-attempts": "3", "rest.retry.delay": "1 s"})


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def away(request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, json={"errors": ["Redis is away"]})


def fine(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"jobs": []})


class Dispatchers:
    """Hosts a and b. `asked`: host and path of each request; `slept`: seconds."""

    def __init__(self, a: Answer, b: Answer, configuration: Configuration = FAST) -> None:
        self.answers = {"a": a, "b": b}
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.client = RestClient(
            ["a:1", "b:1"], configuration, transport=httpx.MockTransport(self._answer), sleep=self.slept.append
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        return self.answers[request.url.host](request)


@pytest.mark.parametrize("first", [refused, away])
def test_the_next_address_is_asked_where_one_cannot_answer(first: Answer) -> None:
    dispatchers = Dispatchers(first, fine)
    assert dispatchers.client.jobs_overview() == []
    assert dispatchers.client.jobs_overview() == []
    assert dispatchers.asked == ["a", "b", "b"]
    assert dispatchers.slept == []


def test_a_cluster_that_comes_back_is_found_again() -> None:
    dispatchers = Dispatchers(refused, refused)

    def back(_: float) -> None:
        dispatchers.answers["a"] = fine

    dispatchers.client._sleep = back
    assert dispatchers.client.jobs_overview() == []
    assert dispatchers.asked == ["a", "b", "a"]


def test_giving_up_names_the_addresses_and_the_reason() -> None:
    dispatchers = Dispatchers(refused, refused)
    with pytest.raises(ClusterUnreachable, match=r"http://a:1, http://b:1: Connection refused; is the cluster up"):
        dispatchers.client.overview()
    assert sum(dispatchers.slept) == pytest.approx(3)


def test_a_cluster_that_answered_before_is_waited_for_longer() -> None:
    assert sum(RetryPolicy.of(Configuration()).waits(False)) == pytest.approx(10)
    assert sum(RetryPolicy.of(Configuration()).waits(True)) == pytest.approx(60)
    assert sum(RetryPolicy.of(FAST).waits(True)) == pytest.approx(3)
    assert list(RetryPolicy(unknown=0).waits(False)) == []


@pytest.mark.parametrize("status", [400, 404, 409, 413, 500])
def test_an_error_answer_is_not_tried_again(status: int) -> None:
    dispatchers = Dispatchers(lambda _: httpx.Response(status, json={"errors": ["why", "more"]}), fine)
    with pytest.raises(RestError, match=r"^why$") as raised:
        dispatchers.client.job("0" * 32)
    assert (raised.value.status, raised.value.errors) == (status, ("why", "more"))
    assert dispatchers.asked == ["a"]


def test_an_error_that_is_not_in_flinks_form_is_told_as_it_is() -> None:
    dispatchers = Dispatchers(lambda _: httpx.Response(502, text="<html>bad gateway"), fine)
    with pytest.raises(RestError, match="HTTP status 502: <html>bad gateway"):
        dispatchers.client.overview()


def test_what_is_sent() -> None:
    seen: list[tuple[str, str, bytes]] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.raw_path.decode(), request.read()))
        return httpx.Response(200, json={"missing": [], "jobid": "j", "filename": "/jars/7_a.py"})

    client = Dispatchers(record, record).client
    client.cancel("j1")
    client.missing_blobs({"b", "a"})
    client.put_blob("d1", b"data")
    assert client.submit(b"{}") == "j"
    assert client.upload_jar("a.py", b"pass") == "7_a.py"
    assert client.run_jar("7_a b.py", {"parallelism": 2}, 5.0)["jobid"] == "j"
    assert [(method, path) for method, path, _ in seen] == [
        ("PATCH", "/v1/jobs/j1?mode=cancel"),
        ("POST", "/penstock/blobs/missing"),
        ("PUT", "/penstock/blobs/d1"),
        ("POST", "/penstock/jobs"),
        ("POST", "/v1/jars/upload"),
        ("POST", "/v1/jars/7_a%20b.py/run"),
    ]
    assert seen[1][2] == b'{"blobs":["a","b"]}'
    assert b'name="jarfile"; filename="a.py"' in seen[4][2]


def test_no_address_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="no REST address"):
        RestClient([])
