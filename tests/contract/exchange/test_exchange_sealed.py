"""Logs of a cluster with a secret: what nobody of ours wrote is as good as not there, and is never unpickled."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from penstock.exchange.collect_log import CollectKind
from penstock.exchange.collect_reader import CollectReader
from penstock.exchange.elements import CancelCheckpoint
from penstock.exchange.header import Header, Kind, Serializer
from penstock.exchange.log_admin import cancel_checkpoint
from penstock.graph.wiring import channel_id
from penstock.security.keyring import Keyring

pytestmark = pytest.mark.contract

OURS = Keyring(b"the secret of the cluster")
OTHERS = Keyring(b"some other secret, or guess")


class Bomb:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._path),)


def _forged(path: Path, seq: int = 1) -> tuple[bytes, bytes]:
    header = Header(channel_id(0, 0), 99, 0, Kind.DATA, Serializer.PICKLE, seq, 0).pack()
    return header, pickle.dumps(([Bomb(path)], None, None))


def test_records_pass(make_rig: Any) -> None:
    rig = make_rig(keyring=OURS)
    rig.writers[0].emit(0, list(range(1000)), None, None)
    rig.run(lambda: len(rig.got[0]) == 1000)
    entry = rig.client.xrange(rig.log_key())
    assert rig.got[0] == list(range(1000)) and all(len(fields[b"h"]) == 46 for _, fields in entry if b"h" in fields)


def _entries(path: Path) -> dict[str, dict[bytes, bytes]]:
    header, payload = _forged(path)
    other = OTHERS.entries("a log")
    elsewhere = OURS.entries("another log")
    assert other is not None and elsewhere is not None
    return {
        "unsigned": {b"h": header, b"p": payload},
        "of another secret": {b"h": other.sealed(header, payload), b"p": payload},
        "for another log": {b"h": elsewhere.sealed(header, payload), b"p": payload},
        "no header": {b"x": b"y"},
        "other fields": {b"a": b"b", b"c": b"d", b"e": b"f"},
        "empty": {b"h": b"", b"p": b""},
    }


@pytest.mark.parametrize("kind", list(_entries(Path("x"))))
def test_a_forged_entry_is_passed_over_and_never_unpickled(make_rig: Any, tmp_path: Path, kind: str) -> None:
    rig = make_rig(keyring=OURS)
    fields = _entries(tmp_path / "bomb")[kind]
    rig.client.xadd(rig.log_key(), fields)
    rig.writers[0].emit(0, [1, 2], None, None)
    rig.run(lambda: len(rig.got[0]) == 2)
    rig.client.xadd(rig.log_key(), fields)
    rig.writers[0].emit(0, [3], None, None)
    rig.run(lambda: len(rig.got[0]) == 3)
    assert rig.got[0] == [1, 2, 3] and not (tmp_path / "bomb").exists()


def test_the_bomb_is_one(make_rig: Any, tmp_path: Path) -> None:
    rig = make_rig()
    header, payload = _forged(tmp_path / "bomb")
    rig.client.xadd(rig.log_key(), {b"h": header, b"p": payload})
    rig.run(lambda: len(rig.got[0]) == 1)
    assert (tmp_path / "bomb").is_dir()


def test_an_entry_of_ours_with_another_payload_is_refused(make_rig: Any, tmp_path: Path) -> None:
    rig = make_rig(keyring=OURS)
    rig.writers[0].emit(0, [1], None, None)
    rig.run(lambda: bool(rig.client.xlen(rig.log_key()) >= 2) or rig.got[0] == [1], consume=False)
    header = next(fields[b"h"] for _, fields in rig.client.xrange(rig.log_key()) if b"h" in fields)
    rig.client.xadd(rig.log_key(), {b"h": header, b"p": _forged(tmp_path / "bomb")[1]})
    rig.run(lambda: rig.got[0] == [1])
    rig.run_for(0.3)
    assert rig.got[0] == [1] and not (tmp_path / "bomb").exists()


def test_a_repeated_entry_is_a_copy(make_rig: Any) -> None:
    rig = make_rig(keyring=OURS)
    rig.writers[0].emit(0, [1], None, None)
    rig.run(lambda: any(b"h" in fields for _, fields in rig.client.xrange(rig.log_key())), rig.a, consume=False)
    fields = next(fields for _, fields in rig.client.xrange(rig.log_key()) if b"h" in fields)
    rig.client.xadd(rig.log_key(), fields)
    rig.run(lambda: rig.got[0] == [1])
    rig.run_for(0.3)
    assert rig.got[0] == [1]


def test_the_jobmasters_own_entries_are_sealed_too(make_rig: Any) -> None:
    rig = make_rig(keyring=OURS)
    rig.run(lambda: True)
    cancel = CancelCheckpoint(checkpoint_id=7, epoch=1)
    cancel_checkpoint(rig.clients, rig.keys, rig.graph, 0, cancel, OTHERS)
    cancel_checkpoint(rig.clients, rig.keys, rig.graph, 0, CancelCheckpoint(checkpoint_id=8, epoch=1), OURS)
    rig.run(lambda: bool(rig.events[0]))
    rig.run_for(0.2)
    assert [event.checkpoint_id for event in rig.events[0]] == [8]


def test_what_is_collected_is_checked_before_it_goes_to_the_client(make_rig: Any, tmp_path: Path) -> None:
    rig = make_rig(keyring=OURS)
    writer = rig.a.collect_writer("c", 0)
    writer.begin(None)
    writer.write([1, 2])
    writer.flush()
    key = rig.keys.collect_log(rig.graph.job_id, "c")
    rig.run(lambda: writer.is_drained, rig.a)
    header = Header(0, 1, 0, Kind.DATA, Serializer.PICKLE, 3, 2).pack()
    rig.client.xadd(key, {"h": header, "p": pickle.dumps([Bomb(tmp_path / "bomb")])})
    rig.client.xadd(key, {"x": "y"})
    reader = CollectReader(rig.client, rig.keys, rig.graph.job_id, "c", OURS)
    entries, position = reader.read("0-0")
    assert [pickle.loads(entry.payload) for entry in entries if entry.kind == CollectKind.DATA] == [[1, 2]]
    assert reader.read(position) == ([], position), "what is refused is passed over"
