"""`execute_and_collect`: from a slot through Redis to whoever reads for the client."""

from typing import Any

import pytest

from penstock.client.collect_frames import BEGINNING
from penstock.client.collected import Collected
from penstock.exchange.collect_log import CollectKind
from penstock.exchange.collect_reader import CollectReader

pytestmark = pytest.mark.contract

_JOB = "a" * 32


class Client:
    """Reads as a client does."""

    def __init__(self, rig: Any, collect_id: str) -> None:
        self.reader = CollectReader(rig.client, rig.keys, _JOB, collect_id)
        self.collected, self.after = Collected(_JOB), BEGINNING
        self.got: list[Any] = []
        self.ended = False

    def read(self) -> int:
        entries, self.after = self.reader.read(self.after)
        for entry in entries:
            self.got += self.collected.take(entry)
            self.ended = entry.kind == CollectKind.END
        return len(entries)

    def read_to_the_end(self, rig: Any) -> list[Any]:
        def done() -> bool:
            self.read()
            return self.ended

        rig.run(done, rig.a)
        return self.got + self.collected.end()


def _writer(rig: Any, collect_id: str, attempt: int = 0) -> Any:
    writer = rig.a.collect_writer(collect_id, attempt)
    writer.begin(None)
    return writer


def test_records_come_back_in_order_and_once(rig: Any) -> None:
    client = Client(rig, "c1")
    assert client.read() == 0
    writer = _writer(rig, "c1")
    for n in range(0, 3000, 3):
        writer.write([n, n + 1, n + 2])
    writer.end()
    assert client.read_to_the_end(rig) == list(range(3000))
    rig.run(lambda: writer.is_drained, rig.a)
    assert 0 < rig.client.ttl(rig.keys.collect_log(_JOB, "c1")) <= 24 * 3600


def test_a_client_that_takes_nothing_blocks_the_writer(make_rig: Any) -> None:
    rig = make_rig(credit=10_000, entry_size=1_000)
    writer = _writer(rig, "c2")
    sent = 0
    while not writer.blocked:
        writer.write([b"%0500d" % sent])
        sent += 1
        assert sent < 1000
    rig.run_for(0.15, rig.a)
    assert writer.blocked
    writer.end()
    assert Client(rig, "c2").read_to_the_end(rig) == [b"%0500d" % n for n in range(sent)]


def test_an_answer_that_got_lost_can_be_asked_for_again_until_it_is_acknowledged(rig: Any) -> None:
    writer = _writer(rig, "c3")
    for value in "ab":
        writer.write([value])
        writer.flush()
    rig.run(lambda: writer.is_drained, rig.a)
    reader = CollectReader(rig.client, rig.keys, _JOB, "c3")
    first, position = reader.read(BEGINNING)
    assert [e.seq for e in first] == [0, 1, 2]
    assert reader.read(BEGINNING) == (first, position)
    assert reader.read(position) == ([], position)
    assert rig.client.xlen(rig.keys.collect_log(_JOB, "c3")) == 0


def test_an_entry_appended_twice_is_handed_out_once(rig: Any) -> None:
    writer = _writer(rig, "c4")
    writer.write(["a", "b"])
    writer.flush()
    rig.run(lambda: writer.is_drained, rig.a)
    key = rig.keys.collect_log(_JOB, "c4")
    rig.client.xadd(key, rig.client.xrange(key)[1][1])
    writer.end()
    assert Client(rig, "c4").read_to_the_end(rig) == ["a", "b"]


def test_a_job_with_checkpoints_that_starts_again_repeats_nothing(make_rig: Any) -> None:
    rig = make_rig(checkpointing=True)
    client = Client(rig, "c5")
    writer = _writer(rig, "c5")
    writer.write(["a", "b"])
    state = writer.mark(1)
    writer.write(["c"])
    writer.flush()
    rig.run(lambda: writer.is_drained, rig.a)
    client.read()
    assert client.got == []
    writer.release(1)
    rig.run(lambda: writer.is_drained, rig.a)
    client.read()
    assert client.got == ["a", "b"]
    restarted = rig.a.collect_writer("c5", 1)
    restarted.begin(state)
    restarted.write(["C", "D"])
    restarted.end()
    assert client.read_to_the_end(rig) == ["a", "b", "C", "D"]


def test_what_the_client_had_not_taken_is_in_the_checkpoint(make_rig: Any) -> None:
    rig = make_rig(checkpointing=True)
    writer = _writer(rig, "c6")
    writer.write(["a"])
    writer.flush()
    writer.write(["b"])
    state = writer.mark(1)
    rig.run(lambda: writer.is_drained, rig.a)
    rig.client.delete(rig.keys.collect_log(_JOB, "c6"))
    restarted = rig.a.collect_writer("c6", 1)
    restarted.begin(state)
    restarted.end()
    assert Client(rig, "c6").read_to_the_end(rig) == ["a", "b"]


def test_what_it_has_taken_is_not_kept(make_rig: Any) -> None:
    rig = make_rig(checkpointing=True, credit=1_000, entry_size=100)
    writer, client = _writer(rig, "c7"), Client(rig, "c7")
    for n in range(50):
        writer.write([b"%0200d" % n])
        writer.flush()
    rig.run(lambda: bool(client.read() or not writer.blocked) and not writer.blocked, rig.a)
    assert len(writer.mark(1).kept) < 50
    assert writer.mark(2).sequence == 50
