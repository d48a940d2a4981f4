"""An epoch is led under only if it was never given out, as far as checkpoint storage knows."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.checkpoint.leadership import Leadership, LeadershipMirror
from penstock.client.config import Configuration
from penstock_resourcemanager.takeover import MARGIN, PATIENCE, Notes, Takeover, compare


class Redis:
    """A lease's counter, and the ledger's revision."""

    def __init__(self, epoch: int = 0, revision: int = 0) -> None:
        self.epoch, self.revision = epoch, revision
        self.is_lost = False

    def acquire(self) -> int:
        self.epoch += 1
        return self.epoch

    def again(self, least: int) -> int | None:
        if self.is_lost:
            return None
        self.epoch = max(self.epoch, least)
        return self.epoch


@pytest.fixture
def mirror(tmp_path: Path) -> LeadershipMirror:
    configuration = Configuration({"execution.checkpointing.dir": str(tmp_path)})
    found = LeadershipMirror.of(configuration, "penstock", "resourcemanager")
    assert found is not None
    return found


def won(server: Redis, mirror: LeadershipMirror | None, older: str | None = None) -> Takeover:
    return Takeover(mirror, server.acquire(), lambda: server.revision, server.again, 0.0, older)


def epoch_of(takeover: Takeover) -> int:
    """Once it is known."""
    deadline = time.monotonic() + 30
    while (epoch := takeover.step(0.0)) is None:
        assert time.monotonic() < deadline, "no answer"
        time.sleep(0.001)
    return epoch


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_epochs_that_were_never_given_out_are_led_under(mirror: LeadershipMirror) -> None:
    server = Redis()
    assert [epoch_of(won(server, mirror)) for _ in range(3)] == [1, 2, 3]
    known = mirror.read()
    assert known is not None and known.epoch == 3


def test_a_counter_that_fell_is_noticed_and_jumped_over(mirror: LeadershipMirror) -> None:
    server = Redis(epoch=41)
    assert epoch_of(won(server, mirror)) == 42
    for counter in (0, 41):
        server.epoch = counter
        known = mirror.read()
        assert known is not None
        assert epoch_of(won(server, mirror)) == known.epoch + MARGIN
    assert epoch_of(won(server, mirror)) == 42 + 2 * MARGIN + 1


def test_an_older_ledger_is_noticed_once(mirror: LeadershipMirror) -> None:
    server = Redis(revision=500)
    notes = Notes(mirror, epoch_of(won(server, mirror)))
    notes.take(500, 10.0)
    until(lambda: (known := mirror.read()) is not None and known.revision == 500)
    server.revision = 499
    assert epoch_of(won(server, mirror)) == 2 + MARGIN
    later = Notes(mirror, 2 + MARGIN)
    later.take(501, 10.0)
    until(lambda: (known := mirror.read()) is not None and known.revision == 501)
    server.revision = 502
    assert epoch_of(won(server, mirror)) == 3 + MARGIN


@pytest.mark.parametrize("mirrored", [True, False])
def test_what_a_leader_saw_itself(mirror: LeadershipMirror, mirrored: bool) -> None:
    server = Redis(epoch=6)
    assert epoch_of(won(server, mirror if mirrored else None, "its revision fell")) == 7 + MARGIN


def test_without_a_folder_there_is_no_mirror() -> None:
    assert LeadershipMirror.of(Configuration({}), "penstock", "resourcemanager") is None
    assert epoch_of(won(Redis(), None)) == 1


def test_storage_that_is_away_is_waited_for_and_then_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    configuration = Configuration({"execution.checkpointing.dir": str(tmp_path / "file")})
    takeover = won(Redis(), LeadershipMirror.of(configuration, "penstock", "resourcemanager"))
    now = 0.0
    while now < PATIENCE:
        assert takeover.step(now) is None
        now += 0.25
    assert takeover.step(PATIENCE) == 1


def test_a_lease_that_is_lost_meanwhile(mirror: LeadershipMirror) -> None:
    epoch_of(won(Redis(epoch=5), mirror))
    server = Redis()
    takeover = won(server, mirror)
    server.is_lost = True
    with pytest.raises(LookupError, match="lost"):
        epoch_of(takeover)


def test_a_damaged_mirror_is_written_anew(mirror: LeadershipMirror, tmp_path: Path) -> None:
    server = Redis()
    epoch_of(won(server, mirror))
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    file.write_bytes(b"{")
    assert epoch_of(won(server, mirror)) == 2
    known = mirror.read()
    assert known is not None and known.epoch == 2


def test_a_stale_leaders_note_is_dropped(mirror: LeadershipMirror) -> None:
    mirror.claim(7, 0)
    mirror.note(6, 900, 0)
    assert mirror.read() == Leadership(epoch=7)
    mirror.note(7, 3, 1)
    assert mirror.read() == Leadership(epoch=7, revision=3, time=1)


def test_compare() -> None:
    assert compare(3, 0, None) is None
    assert compare(3, 7, Leadership(epoch=2, revision=7)) is None
    assert "epoch 3 again" in str(compare(3, 7, Leadership(epoch=3)))
    assert "revision is 6, and was 7" in str(compare(3, 6, Leadership(epoch=2, revision=7)))
