"""`execute_and_collect`: from a slot through Redis to whoever reads for the client."""

import pickle
from typing import Any

import pytest

from penstock.exchange.collect_reader import CollectReader

pytestmark = pytest.mark.contract

_JOB = "a" * 32


def _read_all(rig: Any, reader: CollectReader) -> list[Any]:
    got: list[Any] = []
    after, ended = 0, False

    def done() -> bool:
        nonlocal after, ended
        batches, ended = reader.read(after)
        for seq, payload in batches:
            got.extend(pickle.loads(payload))
            after = seq
        return ended

    rig.run(done, rig.a)
    return got


def test_records_come_back_in_order_and_once(rig: Any) -> None:
    writer = rig.a.collect_writer("c1")
    reader = CollectReader(rig.client, rig.keys, _JOB, "c1")
    assert reader.read(0) == ([], False)
    for n in range(0, 3000, 3):
        writer.write([n, n + 1, n + 2])
    writer.end()
    assert _read_all(rig, reader) == list(range(3000))
    rig.run(lambda: writer.is_drained, rig.a)
    assert 0 < rig.client.ttl(rig.keys.collect_log(_JOB, "c1")) <= 24 * 3600


def test_a_client_that_takes_nothing_blocks_the_writer(make_rig: Any) -> None:
    rig = make_rig(credit=10_000, entry_size=1_000)
    writer = rig.a.collect_writer("c2")
    sent = 0
    while not writer.blocked:
        writer.write([b"%0500d" % sent])
        sent += 1
        assert sent < 1000
    rig.run_for(0.15, rig.a)
    assert writer.blocked
    writer.end()
    got = _read_all(rig, CollectReader(rig.client, rig.keys, _JOB, "c2"))
    assert got == [b"%0500d" % n for n in range(sent)]


def test_an_answer_that_got_lost_can_be_asked_for_again_until_it_is_acknowledged(rig: Any) -> None:
    writer = rig.a.collect_writer("c3")
    writer.write(["a"])
    writer.flush()
    writer.write(["b"])
    rig.run(lambda: writer.is_drained, rig.a)
    reader = CollectReader(rig.client, rig.keys, _JOB, "c3")
    assert [s for s, _ in reader.read(0)[0]] == [1, 2]
    assert [s for s, _ in reader.read(0)[0]] == [1, 2]
    assert [s for s, _ in reader.read(1)[0]] == [2]
    with pytest.raises(LookupError, match="records 1 to 1 were taken before"):
        reader.read(0)


def test_an_entry_appended_twice_is_handed_out_once(rig: Any) -> None:
    writer = rig.a.collect_writer("c4")
    writer.write(["a", "b"])
    rig.run(lambda: writer.is_drained, rig.a)
    key = rig.keys.collect_log(_JOB, "c4")
    rig.client.xadd(key, rig.client.xrange(key)[0][1])
    batches, ended = CollectReader(rig.client, rig.keys, _JOB, "c4").read(0)
    assert [(s, pickle.loads(p)) for s, p in batches] == [(2, ["a", "b"])]
    assert not ended
