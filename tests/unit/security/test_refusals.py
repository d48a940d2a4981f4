"""What is refused is counted, by what it was, and what children refuse by their parent."""

import os

import pytest

from penstock.coordination.sealed import REFUSED, opened
from penstock.exchange.credit import ConsumerCredit
from penstock.exchange.input_log import InputLog
from penstock.security.keyring import BadSeal, Keyring
from penstock.security.refusals import KINDS, Refusals, refusals

OURS, THEIRS = Keyring(b"the secret of today"), Keyring(b"the secret of before")


def test_whatever_does_not_open_is_counted_by_its_kind() -> None:
    before = refusals.counts()
    for kind in KINDS:
        sealed = OURS.seal(kind, "here", b"data")
        assert OURS.open(kind, "here", sealed) == b"data"
        for wrong in (THEIRS.seal(kind, "here", b"data"), OURS.seal(kind, "there", b"data"), b"data"):
            with pytest.raises(BadSeal):
                OURS.open(kind, "here", wrong)
    assert {kind: count - before[kind] for kind, count in refusals.counts().items()} == dict.fromkeys(KINDS, 3)


def test_a_message_that_is_passed_over_and_a_hint_that_is_forged_count_once() -> None:
    before = refusals.counts()
    assert opened(OURS, "message", "stream", b"forged") == REFUSED
    with pytest.raises(BadSeal):
        OURS.check_tag("hint", "queue", b"data", "00" * 20)
    after = refusals.counts()
    assert (after["message"] - before["message"], after["hint"] - before["hint"]) == (1, 1)


def test_a_forged_entry_of_an_input_log_counts() -> None:
    before = refusals.counts()["entry"]
    log = InputLog("log", ConsumerCredit(1 << 20, [0]), 1 << 20, seal=OURS.entries("log"))
    log.feed([(b"1-1", [b"h", b"x" * 60, b"p", b"forged"])])
    assert log.next() is None and refusals.counts()["entry"] == before + 1


def test_children_are_counted_by_their_parent() -> None:
    counted = Refusals()
    counted.add("row")
    counted.gather()
    for _ in range(2):
        child = os.fork()
        if child == 0:
            counted.add("entry")
            counted.add("state")
            os._exit(0)
        os.waitpid(child, 0)
    counted.add("row")
    found = counted.counts()
    assert {kind: count for kind, count in found.items() if count} == {"row": 2, "entry": 2, "state": 2}
    assert counted.counts() == found


def test_a_child_that_nobody_reads_from_goes_on() -> None:
    counted = Refusals()
    counted.gather()
    child = os.fork()
    if child == 0:
        for _ in range(100_000):
            counted.add("entry")
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert 4096 <= counted.counts()["entry"] <= 100_000
