"""What a Redis of a cluster with a secret holds that none of its services wrote."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest
import structlog

from penstock.coordination.blobs import LARGEST_IN_REDIS
from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.messages import CancelRequested, JobEvent, decode, encode
from penstock.coordination.operations import Commit, StreamAdd
from penstock.coordination.sealed import REFUSED
from penstock.security.keyring import BadSeal, Keyring
from penstock.security.refusals import refusals

pytestmark = pytest.mark.contract
OURS, OTHERS = Keyring(b"the secret of the cluster"), Keyring(b"some other secret, or guess")
JOB = "a" * 32


@pytest.fixture
def plane(redis_server: Any, prefix: str, tmp_path: Path) -> Any:
    with connect(redis_server.url) as client:
        yield Coordination(client, Keys(prefix), tmp_path, OURS)


def _stream(plane: Coordination) -> str:
    return plane.keys.events(f"job:{JOB}")


def _newest(plane: Coordination, stream: str) -> dict[bytes, bytes]:
    client: Any = plane.client
    fields: dict[bytes, bytes] = client.xrange(stream)[-1][1]
    return fields


def test_a_forged_message_is_no_message_and_the_next_one_is(plane: Coordination) -> None:
    stream, event = _stream(plane), encode(CancelRequested(by="mallory"))
    for forged in (event, OTHERS.seal("message", stream, event), OURS.seal("message", "another stream", event)):
        plane.client.xadd(stream, {"m": forged})
    plane.events.append(stream, encode(CancelRequested(by="alice")))
    with structlog.testing.capture_logs() as logs:
        payloads = [payload for _, payload in plane.events.read({stream: "0-0"})[stream]]
    assert payloads[:3] == [REFUSED] * 3 and payloads[3] == encode(CancelRequested(by="alice"))
    assert len(logs) == 3 and all(stream == log["context"] for log in logs)
    with pytest.raises(ValueError):
        decode(REFUSED, JobEvent)  # type: ignore[arg-type]


def test_what_only_wakes_is_not_sealed_and_refused_by_nobody(plane: Coordination) -> None:
    before, wake = refusals.counts(), plane.keys.lease_wake()
    plane.submissions.create(JOB, "d", "e", "job", 1, {})
    plane.leases.wake()
    assert [payload for _, payload in plane.events.read({wake: "0-0"})[wake]] == [f"job:{JOB}".encode(), b""]
    assert refusals.counts() == before


def test_a_message_cannot_be_moved_to_another_stream(plane: Coordination) -> None:
    first, second = plane.keys.slot_commands(JOB, "one"), plane.keys.slot_commands(JOB, "two")
    plane.events.append(first, b"{}")
    fields = _newest(plane, first)
    plane.client.xadd(second, {"m": fields[b"m"]})
    assert [payload for _, payload in plane.events.read({second: "0-0"})[second]] == [REFUSED]


def test_what_a_commit_appends_is_sealed(plane: Coordination) -> None:
    stream = _stream(plane)
    epoch = plane.leases.acquire("r", "n", 10_000)
    assert epoch is not None
    commit = Commit(role="r", epoch=epoch, revision=0, nonce="c", rows={"row": b"{}"}, ops=[StreamAdd(stream, b"{}")])
    assert plane.store.commit(commit) == "OK"
    fields = _newest(plane, stream)
    assert fields[b"m"] != b"{}" and OURS.open("message", stream, fields[b"m"]) == b"{}"


def test_a_forged_row_is_no_row(plane: Coordination) -> None:
    epoch = plane.leases.acquire("r", "n", 10_000)
    assert epoch is not None
    rows: dict[str, bytes | None] = {"one": b"{}", "two": b"{}"}
    assert plane.store.commit(Commit(role="r", epoch=epoch, revision=0, nonce="c", rows=rows)) == "OK"
    raw = plane.keys.rows("r")
    plane.client.hset(raw, "two", b'{"forged": true}')
    plane.client.hset(raw, "three", plane.client.hget(raw, "one"))
    assert plane.store.load("r").rows == {"one": b"{}", "two": REFUSED, "three": REFUSED}
    for name, row in (("one", b"{}"), ("two", REFUSED), ("four", None)):
        assert plane.store.row(["r"], name) == [row]


def test_a_forged_blob_is_refused_and_counts_as_missing(plane: Coordination) -> None:
    data = pickle.dumps("a function")
    digest = hashlib.sha256(data).hexdigest()
    plane.client.set(plane.keys.blob(digest), data)
    with pytest.raises(BadSeal, match=f"blob {digest} is refused: not sealed"):
        plane.blobs.get(digest)
    assert plane.blobs.exists([digest]) == set()
    assert plane.blobs.put(data) == digest
    assert plane.blobs.get(digest) == data and plane.blobs.exists([digest]) == {digest}


def test_a_large_blob_is_refused_by_its_pointer_or_its_content(plane: Coordination, tmp_path: Path) -> None:
    data = bytes(LARGEST_IN_REDIS + 1)
    digest = plane.blobs.put(data)
    assert plane.blobs.get(digest) == data and plane.blobs.exists([digest]) == {digest}
    file = next(path for path in tmp_path.rglob(digest))
    file.write_bytes(b"1" + data[1:])
    with pytest.raises(ValueError, match="damaged"):
        plane.blobs.get(digest)
    file.write_bytes(data)
    plane.client.set(plane.keys.blob_in_store(digest), "blobs/anywhere")
    with pytest.raises(BadSeal, match="refused"):
        plane.blobs.get(digest)
    assert plane.blobs.exists([digest]) == set()


def test_a_blob_cannot_pass_for_another(plane: Coordination) -> None:
    good = plane.blobs.put(b"good")
    bad = hashlib.sha256(b"bad").hexdigest()
    client: Any = plane.client
    client.set(plane.keys.blob(bad), client.get(plane.keys.blob(good)))
    with pytest.raises(BadSeal, match="does not fit"):
        plane.blobs.get(bad)


def test_forged_splits_are_refused(plane: Coordination) -> None:
    plane.client.set(plane.keys.splits(JOB, "v"), pickle.dumps(["split"]))
    with pytest.raises(BadSeal, match=f"splits of vertex v of job {JOB}"):
        plane.splits.once(JOB, "v", lambda: b"ours")
    assert plane.splits.once(JOB, "w", lambda: b"ours") == plane.splits.once(JOB, "w", lambda: b"late") == b"ours"


def test_without_the_secret_nothing_of_it_is_read(plane: Coordination, redis_server: Any, prefix: str) -> None:
    digest = plane.blobs.put(b"data")
    with Coordination.connect(redis_server.url, prefix) as stranger, pytest.raises(BadSeal, match=r"penstock\.secret"):
        stranger.blobs.get(digest)
