"""Who may ask a dispatcher: the token, the names it goes by, pages from elsewhere."""

import pytest

from penstock_dispatcher.hosts import AllowedHosts

from .replica import JOB, Replica

TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def closed() -> Replica:
    return Replica(penstock__rest__token=TOKEN)


@pytest.mark.parametrize(
    "call",
    [
        ("GET", "/overview"),
        ("GET", "/v1/jobs"),
        ("POST", "/jars/upload"),
        ("PUT", f"/penstock/blobs/{'a' * 64}"),
        ("POST", "/penstock/jobs"),
        ("GET", "/metrics"),
        ("GET", "/penstock/events/overview"),
        ("GET", "/openapi.json"),
        ("GET", "/taskmanagers/tm/log"),
        ("GET", "/no/such/path"),
        ("PATCH", f"/jobs/{JOB}"),
        ("POST", "/health"),
        ("DELETE", "/assets/../overview"),
    ],
    ids=str,
)
def test_without_the_token_nothing_is_answered(closed: Replica, call: tuple[str, str]) -> None:
    answer = closed.http.request(*call)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="penstock"'
    assert list(answer.json()) == ["errors"] and "needs a token" in answer.json()["errors"][0]


@pytest.mark.parametrize(
    "given",
    [
        "Bearer wrong-token-of-the-tests",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer",
        "",
        f"Bearer {TOKEN} {TOKEN}",
    ],
)
def test_a_wrong_one_is_no_token(closed: Replica, given: str) -> None:
    answer = closed.http.get("/overview", headers={"Authorization": given})
    assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer ")
    assert TOKEN not in answer.text


def test_with_it_all_is_answered(closed: Replica) -> None:
    for path in ("/overview", "/v1/overview", "/jobs", "/metrics"):
        assert closed.http.get(path, headers=BEARER).status_code == 200, path
    assert closed.http.get("/overview", headers={"authorization": f"bearer  {TOKEN} "}).status_code == 200


def test_what_needs_no_token(closed: Replica) -> None:
    """Whether it lives, and the pages that ask for it: they have no figures in them."""
    for path in ("/health", "/v1/health", "/", "/index.html", "/favicon.svg"):
        assert closed.http.get(path).status_code in (200, 404), path
        assert closed.http.get(path).status_code != 401, path
    assert closed.http.get("/ui/jobs").status_code == 302


def test_without_a_token_set_none_is_asked_for(replica: Replica) -> None:
    assert replica.http.get("/overview").status_code == 200


# -- pages from elsewhere --------------------------------------------------------------------------------------------


def test_no_page_from_elsewhere_reads_an_answer(replica: Replica) -> None:
    answer = replica.http.get("/overview", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_that_is_allowed_reads_and_writes() -> None:
    replica = Replica(**{"web__access-control-allow-origin": "https://dashboard.example, https://other.example"})
    origin = {"Origin": "https://dashboard.example"}
    answer = replica.http.get("/overview", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://dashboard.example"
    assert answer.headers["vary"] == "Origin"
    asked = {**origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
    preflight = replica.http.request("OPTIONS", f"/jobs/{JOB}", headers=asked)
    assert preflight.status_code == 204 and "Authorization" in preflight.headers["access-control-allow-headers"]
    assert replica.http.patch(f"/jobs/{JOB}", headers=origin).status_code == 404
    other = replica.http.request("OPTIONS", "/jobs", headers={**asked, "Origin": "https://evil.example"})
    assert other.status_code == 403 and "access-control-allow-origin" not in other.headers


def test_any_page_may_read_where_that_is_said_and_still_none_writes() -> None:
    replica = Replica(**{"web__access-control-allow-origin": "*"})
    origin = {"Origin": "https://evil.example"}
    assert replica.http.get("/overview", headers=origin).headers["access-control-allow-origin"] == "*"
    assert replica.http.patch(f"/jobs/{JOB}", headers=origin).status_code == 403


@pytest.mark.parametrize("path", [f"/jobs/{JOB}/yarn-cancel", f"/v1/jobs/{JOB}/yarn-cancel"])
def test_the_get_that_cancels_is_no_read(replica: Replica, path: str) -> None:
    replica.submit()
    assert replica.http.get(path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert replica.http.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert replica.http.get(path, headers={"Sec-Fetch-Site": "none"}).status_code == 202


def test_a_sandboxed_page_may_not_write(replica: Replica) -> None:
    assert replica.http.post("/jars/upload", headers={"Origin": "null"}).status_code == 403


def test_a_token_does_not_help_a_page_from_elsewhere(closed: Replica) -> None:
    headers = {**BEARER, "Origin": "https://evil.example"}
    assert closed.http.patch(f"/jobs/{JOB}", headers=headers).status_code == 403


# -- the names it goes by --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example."]
)
def test_a_name_that_was_pointed_here_is_refused(replica: Replica, host: str) -> None:
    for method in ("GET", "POST"):
        answer = replica.http.request(method, "/overview", headers={"Host": host, "Origin": f"http://{host}"})
        assert answer.status_code == 403
        assert "penstock.rest.allowed-hosts" in answer.json()["errors"][0]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8081",
        "10.1.2.3:8081",
        "[::1]:8081",
        "localhost:8081",
        "a.localhost",
        "dispatcher-1:8081",
    ],
)
def test_its_own_names(replica: Replica, host: str) -> None:
    assert replica.http.get("/overview", headers={"Host": host}).status_code == 200


def test_names_that_are_configured() -> None:
    replica = Replica(
        **{"penstock__rest__allowed-hosts": "flow.example,other.example", "rest__address": "here.example"}
    )
    for host in ("flow.example:8081", "OTHER.example", "here.example"):
        assert replica.http.get("/overview", headers={"Host": host}).status_code == 200, host
    assert replica.http.get("/overview", headers={"Host": "evil.example"}).status_code == 403
    assert AllowedHosts(["*"]).allows("anything.example") and not AllowedHosts([""]).allows("")


def test_headers_of_every_answer(replica: Replica) -> None:
    for answer in (replica.http.get("/overview"), replica.http.get("/nowhere"), replica.http.get("/")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    page = replica.http.get("/")
    if page.status_code == 200:
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
