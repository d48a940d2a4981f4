"""What MONITOR tells is understood; commits that must not have been accepted are found."""

from typing import Any

import pytest

from tests.chaos.watch.history import History
from tests.chaos.watch.monitor import Command, parse

ROWS, EPOCH, OUTBOX = b"penstock:job:j:rows", b"penstock:epoch:job:j", b"penstock:job:j:outbox"


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.setattr("tests.chaos.watch.history.Monitor", lambda *_: None)
    return History(lambda: None, "redis://127.0.0.1:1/0")  # type: ignore[arg-type, return-value]


def tell(history: History, *arguments: Any, script: bool = False) -> None:
    encoded = tuple(a if isinstance(a, bytes) else str(a).encode() for a in arguments)
    history._on_command(Command(0.0, script, "lua" if script else "127.0.0.1:1", encoded))


def acquire(history: History) -> None:
    tell(history, "EVALSHA", "a" * 40, 2, "penstock:lease:job:j", EPOCH, "nonce", 1500, 0)
    tell(history, "INCR", EPOCH, script=True)


def send(history: History, epoch: int, revision: int, nonce: str, *, accepted: bool = True) -> None:
    tell(history, "EVALSHA", "b" * 40, 3, EPOCH, ROWS, OUTBOX, epoch, revision, nonce, "0-0", 0, 0)
    if accepted:
        tell(history, "HSET", ROWS, "revision", revision + 1, "nonce", nonce, script=True)


def test_commits_in_order_are_no_problem(history: History) -> None:
    acquire(history)
    send(history, 1, 0, "a")
    send(history, 1, 1, "b")
    acquire(history)
    send(history, 1, 2, "c", accepted=False)
    send(history, 2, 2, "d")
    send(history, 2, 2, "d", accepted=False)
    send(history, 2, 1, "b", accepted=False)
    assert history.problems == []
    assert history.counts["stale leader's commit refused"] == 1
    assert history.counts["own commit recognised"] == 1
    assert history.counts["commit of another revision refused"] == 1
    assert history.taken_over("job:j", 1) == 0.0 and history.taken_over("job:j", 2) is None


def test_a_stale_leaders_commit(history: History) -> None:
    acquire(history)
    acquire(history)
    send(history, 1, 0, "a")
    assert history.problems == ["job:j: a commit of epoch 1 was accepted under 2"]


def test_an_epoch_that_falls_and_a_revision_that_jumps(history: History) -> None:
    acquire(history)
    acquire(history)
    send(history, 2, 0, "a")
    send(history, 1, 5, "b")
    assert any("accepted after 2" in problem for problem in history.problems)
    assert any("revision 6 follows 1" in problem for problem in history.problems)


def test_a_line_of_monitor() -> None:
    line = rb'+1795650337.654321 [0 lua] "HSET" "a:rows" "na\"me\\" "\xff\r\n"'
    command = parse(line, 1.5)
    assert command == Command(1.5, True, "lua", (b"HSET", b"a:rows", b'na"me\\', b"\xff\r\n"))
    assert parse(b"+OK", 0.0) is None
