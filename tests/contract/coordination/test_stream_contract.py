"""Event and command streams."""

import threading
import time

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.operations import Commit, ExpireKey, StreamAdd

pytestmark = pytest.mark.contract


@pytest.fixture
def stream(coordination: Coordination) -> str:
    return coordination.keys.events("job:1")


def test_entries_in_order_behind_a_cursor(coordination: Coordination, stream: str) -> None:
    ids = [coordination.events.append(stream, b"%d" % n) for n in range(5)]
    assert coordination.events.read({stream: "0-0"}) == {stream: [(i, b"%d" % n) for n, i in enumerate(ids)]}
    assert coordination.events.read({stream: ids[2]}) == {stream: [(ids[3], b"3"), (ids[4], b"4")]}
    assert coordination.events.read({stream: ids[4]}) == {}
    assert coordination.events.read({stream: "0-0"}, count=2) == {stream: [(ids[0], b"0"), (ids[1], b"1")]}
    assert coordination.events.last_id(stream) == ids[4]


def test_many_streams_at_once_and_absent_ones(coordination: Coordination, stream: str) -> None:
    other, absent = coordination.keys.events("job:2"), coordination.keys.events("job:3")
    first, second = coordination.events.append(stream, b"\x00\xff"), coordination.events.append(other, b"")
    found = coordination.events.read({stream: "0-0", other: "0-0", absent: "0-0"})
    assert found == {stream: [(first, b"\x00\xff")], other: [(second, b"")]}
    assert coordination.events.last_id(absent) == "0-0"


def test_trim_up_to_and_including(coordination: Coordination, stream: str) -> None:
    ids = [coordination.events.append(stream, b"%d" % n) for n in range(5)]
    assert coordination.events.trim(stream, ids[1]) == 2
    assert coordination.events.trim(stream, ids[1]) == 0, "a late copy"
    assert [entry for entry, _ in coordination.events.read({stream: "0-0"})[stream]] == ids[2:]
    assert coordination.events.trim(coordination.keys.events("absent"), ids[1]) == 0


def test_ids_rise_after_everything_was_trimmed(coordination: Coordination, stream: str) -> None:
    last = coordination.events.append(stream, b"a")
    coordination.events.trim(stream, last)
    new = coordination.events.append(stream, b"b")
    assert coordination.events.read({stream: last}) == {stream: [(new, b"b")]}


def test_a_blocked_reader_gets_what_is_appended(coordination: Coordination, stream: str) -> None:
    found: list[bytes] = []

    def read() -> None:
        while not found:
            entries = coordination.events.read({stream: "0-0"}, block_ms=2000)
            found.extend(payload for _, payload in entries.get(stream, []))

    reader = threading.Thread(target=read)
    reader.start()
    coordination.events.append(stream, b"x")
    reader.join(30)
    assert found == [b"x"]


def test_a_commit_wakes_a_blocked_reader(coordination: Coordination, stream: str) -> None:
    epoch = coordination.leases.acquire("job:1", "n", 60_000)
    assert epoch is not None
    timer = threading.Timer(
        0.05,
        coordination.store.commit,
        [Commit(role="job:1", epoch=epoch, revision=0, nonce="n", ops=[StreamAdd(stream, b"x")])],
    )
    timer.start()
    found = coordination.events.read({stream: "0-0"}, block_ms=2000)
    timer.join()
    assert [payload for _, payload in found[stream]] == [b"x"]


@pytest.mark.parametrize("block_ms", [-1, 2001])
def test_a_read_that_would_outlast_the_socket_timeout(coordination: Coordination, stream: str, block_ms: int) -> None:
    with pytest.raises(ValueError, match=f"got {block_ms}"):
        coordination.events.read({stream: "0-0"}, block_ms=block_ms)


def test_no_stream(coordination: Coordination) -> None:
    with pytest.raises(ValueError, match="no stream to read"):
        coordination.events.read({})


def test_a_stream_expires_with_what_was_appended_since(coordination: Coordination, stream: str) -> None:
    epoch, revision = coordination.leases.acquire("resourcemanager", "leader", 60_000), 0

    def expire(ttl_ms: int) -> None:
        nonlocal revision
        assert epoch is not None
        expiring = Commit(
            role="resourcemanager",
            epoch=epoch,
            revision=revision,
            nonce=f"n{revision}",
            ops=[ExpireKey(stream, ttl_ms), ExpireKey(coordination.keys.splits("j", "v"), ttl_ms)],
        )
        assert coordination.store.commit(expiring) == "OK"
        revision += 1

    expire(1)  # nothing to expire
    coordination.events.append(stream, b"x")
    coordination.splits.once("j", "v", lambda: b"first")
    expire(60_000)
    assert coordination.events.read({stream: "0-0"})
    assert coordination.splits.once("j", "v", lambda: b"second") == b"first"
    expire(300)
    coordination.events.append(stream, b"y")
    deadline = time.monotonic() + 20
    while coordination.events.read({stream: "0-0"}):
        assert time.monotonic() < deadline, "the stream is still there"
        time.sleep(0.01)
    assert coordination.splits.once("j", "v", lambda: b"second") == b"second"
    coordination.events.append(stream, b"z")
    assert [payload for _, payload in coordination.events.read({stream: "0-0"})[stream]] == [b"z"]
