"""`/metrics` of a service with a token; `/health` is open."""

import urllib.error
import urllib.request

import pytest

from penstock.security.bearer import Bearer
from penstock.service import start_health


def test_metrics_need_the_token_and_health_does_not() -> None:
    server = start_health(0, lambda: None, metrics=lambda: b"up 1\n", bearer=Bearer("a-token-of-the-tests"))
    assert server is not None
    try:
        base = f"http://127.0.0.1:{server.port}"
        assert urllib.request.urlopen(f"{base}/health", timeout=10).status == 200
        for headers in ({}, {"Authorization": "Bearer another-token-of-it"}):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(urllib.request.Request(f"{base}/metrics", headers=headers), timeout=10)
            assert caught.value.code == 401 and caught.value.headers["WWW-Authenticate"].startswith("Bearer")
            caught.value.close()
        request = urllib.request.Request(f"{base}/metrics", headers={"Authorization": "Bearer a-token-of-the-tests"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.read() == b"up 1\n"
    finally:
        server.close()
