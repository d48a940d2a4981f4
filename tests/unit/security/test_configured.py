"""Secrets out of the configuration."""

from pathlib import Path

import pytest

from penstock.client.config import Configuration
from penstock.security.configured import keyring_of, token_of
from penstock.security.keyring import Keyring

SECRET = "0123456789abcdef"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    by_file = keyring_of(Configuration({"penstock.secret": f"file:{tmp_path}/secret"}))
    assert by_file.id == keyring_of(Configuration({"penstock.secret": SECRET})).id == Keyring(SECRET.encode()).id


def test_without_a_secret_nothing_is_signed() -> None:
    assert not keyring_of(Configuration()).is_signing


def test_trusted_ones(tmp_path: Path) -> None:
    (tmp_path / "former").write_text("a former secret, long enough")
    configuration = Configuration(
        {"penstock.secret": SECRET, "penstock.secret.trusted": f"file:{tmp_path}/former;another trusted secret"}
    )
    sealed = Keyring(b"a former secret, long enough").seal("row", "a", b"data")
    assert keyring_of(configuration).open("row", "a", sealed) == b"data"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"penstock.secret": "short"}, r"^penstock\.secret: a cluster secret has at least 16 bytes"),
        ({"penstock.secret": "file:/no/such/file"}, r"^penstock\.secret: the file cannot be read.*/no/such/file"),
        ({"penstock.secret.trusted": SECRET}, r"trusted secrets without a secret of one's own"),
    ],
)
def test_what_cannot_be_used(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        keyring_of(Configuration(settings))


def test_tokens() -> None:
    assert token_of(Configuration()) is None
    assert token_of(Configuration({"penstock.rest.token": SECRET})) == SECRET
    for bad in ("short", "with a blank, and long", "ümlaut-und-lang-genug"):
        with pytest.raises(ValueError, match=r"penstock\.rest\.token"):
            token_of(Configuration({"penstock.rest.token": bad}))


def test_no_message_has_a_secret_in_it() -> None:
    with pytest.raises(ValueError) as caught:
        keyring_of(Configuration({"penstock.secret": "hunter2"}))
    assert "hunter2" not in str(caught.value)
