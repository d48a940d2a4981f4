"""Redis URLs with and without what is nobody's business."""

from pathlib import Path

from penstock.client.config import Configuration
from penstock.coordination.broker import make_app
from penstock.security.redis_urls import KnownUrls, bare, exchange_urls, redis_url


def test_bare() -> None:
    assert bare("rediss://me:pw@box:6379/1?ssl_ca_certs=/ca.pem") == "rediss://box:6379/1"
    assert bare("redis://box:6379/0") == "redis://box:6379/0"


def test_what_the_configuration_knows_is_added(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("p@ss/word\n")
    configuration = Configuration(
        {
            "penstock.redis.url": "rediss://box:6379/0",
            "penstock.exchange.urls": "redis://a:1/0;redis://own:pw@b:2/0",
            "penstock.redis.username": "jobmanager",
            "penstock.redis.password": f"file:{tmp_path}/pw",
            "penstock.redis.ssl.ca-file": "/etc/ca.pem",
        }
    )
    assert redis_url(configuration) == "rediss://jobmanager:p%40ss%2Fword@box:6379/0?ssl_ca_certs=/etc/ca.pem"
    assert exchange_urls(configuration) == ("redis://jobmanager:p%40ss%2Fword@a:1/0", "redis://own:pw@b:2/0")
    known = KnownUrls.of(configuration)
    assert known("redis://b:2/0") == "redis://own:pw@b:2/0" and known("redis://c:3/0") == "redis://c:3/0"


def test_the_broker_verifies_too() -> None:
    app = make_app("rediss://:pw@box:6379/0?ssl_ca_certs=/ca.pem", "p")
    assert app.conf.broker_use_ssl["ssl_ca_certs"] == "/ca.pem" and app.conf.broker_use_ssl["ssl_cert_reqs"]
    assert app.conf.broker_url == "rediss://:pw@box:6379/0"
    app.close()
