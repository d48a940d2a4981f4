"""What a seal holds on to: the data, what it is, where it belongs, and whose it is."""

import pytest

from penstock.security.keyring import HEAD_BYTES, UNSIGNED, BadSeal, Keyring, random_secret

OURS, OTHERS = b"0123456789abcdef", b"fedcba9876543210"


def test_what_was_sealed_opens() -> None:
    keyring = Keyring(OURS)
    assert keyring.open("row", "a", keyring.seal("row", "a", b"data")) == b"data"
    assert len(keyring.seal("row", "a", b"data")) == HEAD_BYTES + 4


@pytest.mark.parametrize(
    ("purpose", "context"), [("row", "b"), ("message", "a"), ("row", "")], ids=["place", "kind", "no place"]
)
def test_it_opens_as_nothing_else_and_nowhere_else(purpose: str, context: str) -> None:
    keyring = Keyring(OURS)
    with pytest.raises(BadSeal, match="does not fit"):
        keyring.open(purpose, context, keyring.seal("row", "a", b"data"))  # type: ignore[arg-type]


def test_context_and_data_cannot_be_shifted_against_each_other() -> None:
    keyring = Keyring(OURS)
    sealed = keyring.seal("row", "ab", b"c")
    with pytest.raises(BadSeal):
        keyring.open("row", "a", sealed[:HEAD_BYTES] + b"bc")


def test_every_changed_byte_is_noticed() -> None:
    keyring = Keyring(OURS)
    sealed = keyring.seal("row", "a", b"data")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(BadSeal):
            keyring.open("row", "a", changed)


def test_unsealed_data_is_refused_and_a_seal_needs_the_secret() -> None:
    with pytest.raises(BadSeal, match="not sealed"):
        Keyring(OURS).open("row", "a", b'{"a": 1}')
    with pytest.raises(BadSeal, match=r"set penstock\.secret"):
        UNSIGNED.open("row", "a", Keyring(OURS).seal("row", "a", b"data"))
    assert UNSIGNED.open("row", "a", UNSIGNED.seal("row", "a", b"data")) == b"data"


def test_another_secret_is_named_and_can_be_trusted() -> None:
    sealed = Keyring(OTHERS).seal("row", "a", b"data")
    with pytest.raises(BadSeal, match=f"id {Keyring(OTHERS).id}.*penstock.secret.trusted"):
        Keyring(OURS).open("row", "a", sealed)
    trusting = Keyring(OURS, [OTHERS])
    assert trusting.open("row", "a", sealed) == b"data"
    assert Keyring(OURS).open("row", "a", trusting.seal("row", "a", b"new")) == b"new"


def test_the_name_of_a_secret_does_not_give_it_away() -> None:
    assert OURS.hex() not in Keyring(OURS).id and len(Keyring(OURS).id) == 8
    assert Keyring(OURS).id != Keyring(OTHERS).id


@pytest.mark.parametrize("tag", ["", "zz", None, 5, "00", "ff" * 20])
def test_a_tag_that_is_none(tag: object) -> None:
    with pytest.raises(BadSeal):
        Keyring(OURS).check_tag("hint", "q", b"data", tag)


def test_tags() -> None:
    keyring = Keyring(OURS)
    tag = keyring.tag("hint", "q", b"data")
    keyring.check_tag("hint", "q", b"data", tag)
    with pytest.raises(BadSeal):
        keyring.check_tag("hint", "another queue", b"data", tag)
    assert UNSIGNED.tag("hint", "q", b"data") == ""
    UNSIGNED.check_tag("hint", "q", b"data", None)


def test_entries_are_sealed_for_their_log() -> None:
    mine, other = Keyring(OURS).entries("log"), Keyring(OURS).entries("another log")
    assert mine is not None and other is not None
    sealed = mine.sealed(b"header", b"payload")
    assert mine.opened(sealed, b"payload") == b"header"
    assert mine.opened(sealed, b"paYload") is None and mine.opened(b"heaDer" + sealed[6:], b"payload") is None
    assert other.opened(sealed, b"payload") is None and mine.opened(b"", b"") is None
    trusting = Keyring(OTHERS, [OURS]).entries("log")
    assert trusting is not None and trusting.opened(sealed, b"payload") == b"header"
    assert UNSIGNED.entries("log") is None


def test_checksums_are_keyed_where_there_is_a_secret() -> None:
    keyed, plain = Keyring(OURS).checksums(), UNSIGNED.checksums()
    assert plain.fits(b"data", plain.of(b"data")) and not keyed.fits(b"data", plain.of(b"data"))
    assert keyed.fits(b"data", keyed.of(b"data")) and not keyed.fits(b"dat4", keyed.of(b"data"))
    assert Keyring(OTHERS, [OURS]).checksums().fits(b"data", keyed.of(b"data"))
    assert not Keyring(OTHERS).checksums().fits(b"data", keyed.of(b"data"))
    assert keyed.fits_group(b"g", keyed.group(b"g")) and not keyed.fits_group(b"g", plain.group(b"g"))
    with pytest.raises(ValueError, match="not made with the cluster secret"):
        keyed.follow(plain.of(b"data"))


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Keyring(b"short")
    assert len(random_secret()) == 64 and random_secret() != random_secret()
