import pytest

from penstock.client.addresses import base_url, base_urls, configured_addresses
from penstock.client.config import Configuration


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("box", "http://box:8081"),
        ("box:9000", "http://box:9000"),
        (" box:9000 ", "http://box:9000"),
        ("http://box:9000/", "http://box:9000"),
        ("https://box", "https://box:8081"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("[::1]", "http://[::1]:8081"),
        ("127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_an_address_becomes_a_url(address: str, url: str) -> None:
    assert base_url(address) == url


@pytest.mark.parametrize(
    "address", ["", ":8081", "box:", "box:x", "box:0", "box:65536", "ftp://box", "box:80/path", "a b", "::1", "u@box"]
)
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(ValueError, match="not a REST address"):
        base_url(address)


def test_several_addresses_keep_their_order_and_lose_repetitions() -> None:
    assert base_urls(["b:1", "a:1", "http://b:1"]) == ("http://b:1", "http://a:1")


def test_the_list_of_addresses_wins_over_the_single_one() -> None:
    both = Configuration({"rest.address": "one", "rest.port": "9", "penstock.rest.addresses": "a,b:7"})
    assert configured_addresses(both) == ("http://a:9", "http://b:7")
    assert configured_addresses(Configuration({"rest.address": "one", "rest.port": "9"})) == ("http://one:9",)
    assert configured_addresses(Configuration()) == ()
