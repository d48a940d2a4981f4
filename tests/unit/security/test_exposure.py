"""A service that others reach needs a secret."""

import pytest
from structlog.testing import capture_logs

from penstock.client.config import Configuration, ConfigurationError
from penstock.security.exposure import check_exposure, hosts_of, is_loopback

SECRET = {"penstock.secret": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("redis://127.0.0.1:6379/0", ["127.0.0.1"]),
        ("redis://user:p@ss@box:6379", ["box"]),
        ("rediss://[::1]:6379/0", ["::1"]),
        ("unix:///run/redis.sock", []),
        ("redis+sentinel://:pw@a:26379,b/main/0", ["a", "b"]),
    ],
)
def test_hosts(url: str, hosts: list[str]) -> None:
    assert hosts_of(url) == hosts


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "localhost", "redis.localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "10.0.0.1", "redis", "localhost.evil.example", "", "::")))


def test_on_this_machine_alone_no_secret_is_needed() -> None:
    check_exposure(Configuration(), is_dispatcher=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"penstock.redis.url": "redis://redis:6379/0"},
        {"penstock.exchange.urls": "redis://10.0.0.1:6379/0"},
        {"rest.bind-address": "0.0.0.0"},
    ],
    ids=str,
)
def test_where_others_reach_it_one_is(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"no cluster secret.*penstock\.secret"):
        check_exposure(Configuration(settings), is_dispatcher=True)
    check_exposure(Configuration({**settings, **SECRET}), is_dispatcher=True)
    with capture_logs() as logs:
        check_exposure(Configuration({**settings, "penstock.secret.required": "false"}), is_dispatcher=True)
    assert any("no cluster secret" in log["event"] for log in logs)


def test_an_open_rest_is_warned_of() -> None:
    open_to_all = {**SECRET, "rest.bind-address": "0.0.0.0"}
    with capture_logs() as logs:
        check_exposure(Configuration(open_to_all), is_dispatcher=True)
    assert [log["log_level"] for log in logs] == ["warning"] and "penstock.rest.token" in logs[0]["event"]
    with capture_logs() as logs:
        check_exposure(
            Configuration({**open_to_all, "penstock.rest.token": "a-token-of-the-tests"}), is_dispatcher=True
        )
        check_exposure(Configuration(open_to_all))
    assert logs == []
