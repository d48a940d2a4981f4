"""The URL of a Redis behind Sentinels."""

import pytest

from penstock.client.config import Configuration
from penstock.coordination.sentinel import SentinelUrl, is_sentinel
from penstock_jobmanager.settings import Settings


def test_a_whole_url() -> None:
    url = SentinelUrl.parse("redis+sentinel://me:p%40ss@a:1,b,[::1]:3/main/2?sentinel_password=s")
    assert url.sentinels == (("a", 1), ("b", 26379), ("::1", 3))
    assert (url.service, url.db, url.sentinel_options) == ("main", 2, (("password", "s"),))
    assert url.connection_options() == {"db": 2, "username": "me", "password": "p@ss"}
    assert url.broker_url().startswith("sentinel://me:p%40ss@a:1/2;sentinel://me:p%40ss@b:26379/2;")


def test_the_least_that_is_needed() -> None:
    url = SentinelUrl.parse("redis+sentinel://a/main")
    assert url == SentinelUrl((("a", 26379),), "main")
    assert url.broker_url() == "sentinel://a:26379/0" and url.connection_options() == {"db": 0}
    assert is_sentinel("redis+sentinel://a/main") and not is_sentinel("redis://a/0")


@pytest.mark.parametrize(
    "text", ["redis+sentinel://a:1", "redis+sentinel:///main", "redis+sentinel://a:x/main", "redis+sentinel://a/m/x"]
)
def test_what_is_wrong_is_named_without_the_password(text: str) -> None:
    with pytest.raises(ValueError, match="is not of the form") as raised:
        SentinelUrl.parse(text.replace("//a", "//u:secret@a"))
    assert "secret" not in str(raised.value)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ValueError, match="unknown parameter 'ssl'"):
        SentinelUrl.parse("redis+sentinel://a/main?ssl=1")


def test_the_exchange_needs_redises_of_its_own() -> None:
    keys = {"penstock.redis.url": "redis+sentinel://a/main"}
    with pytest.raises(ValueError, match=r"penstock\.exchange\.urls must be set"):
        Settings.of(Configuration(keys))
    assert Settings.of(Configuration({**keys, "penstock.exchange.urls": "redis://x"})).exchange_urls == ("redis://x",)
