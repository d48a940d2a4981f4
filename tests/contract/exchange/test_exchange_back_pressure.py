"""Credit: a producer stops when its consumer does, and Redis never holds more than the credit."""

from typing import Any

import pytest

from penstock.exchange.input_log import parse_id

pytestmark = pytest.mark.contract

_CREDIT = 64 * 1024
_ENTRY = 8 * 1024
_RECORD = b"x" * 512


def _fill(rig: Any, batches: int = 2000) -> int:
    """Emit until blocked; the number of records emitted."""
    sent = 0
    for _ in range(batches):
        if rig.writers[0].blocked:
            return sent
        rig.writers[0].emit(0, [_RECORD + b"%d" % n for n in range(sent, sent + 16)])
        sent += 16
        rig.turn(rig.a, idle=False)
    raise AssertionError("the producer was never blocked")


def _logged(rig: Any) -> int:
    return sum(len(fields.get(b"p", b"")) for _, fields in rig.client.xrange(rig.log_key()))


def test_a_producer_is_blocked_by_its_consumer_and_goes_on_after_it(make_rig: Any) -> None:
    rig = make_rig(credit=_CREDIT, entry_size=_ENTRY)
    rig.run(lambda: rig.writers[0].is_caught_up, rig.a)
    sent = _fill(rig)
    rig.run_for(0.2, consume=False)
    assert rig.writers[0].blocked, "nothing was taken, so nothing may go on"
    assert _CREDIT // 2 < _logged(rig) <= _CREDIT
    rig.run(lambda: not rig.writers[0].blocked)
    rig.run(lambda: len(rig.got[0]) == sent)


def test_redis_never_holds_more_than_the_credit(make_rig: Any) -> None:
    rig = make_rig(credit=_CREDIT, entry_size=_ENTRY)
    sent = most = 0
    while sent < 4000:
        if not rig.writers[0].blocked:
            rig.writers[0].emit(0, [_RECORD + b"%d" % n for n in range(sent, sent + 16)])
            sent += 16
        rig.turn(rig.a, rig.b, idle=False)
        if sent % 64 == 0:
            rig.poll()
        most = max(most, _logged(rig))
    rig.run(lambda: len(rig.got[0]) == sent)
    assert most <= _CREDIT


def test_a_record_larger_than_the_credit_passes(make_rig: Any) -> None:
    rig = make_rig(credit=10_000, entry_size=1_000)
    for n in range(5):
        rig.writers[0].emit(0, [bytes(50_000 + n)])
    rig.run(lambda: len(rig.got[0]) == 5)
    assert [len(r) for r in rig.got[0]] == [50_000 + n for n in range(5)]


def test_one_slow_channel_does_not_block_another(make_rig: Any) -> None:
    rig = make_rig(consumers=2, credit=_CREDIT, entry_size=_ENTRY)
    slow, fast = rig.gates
    rig.gates = [fast]
    rig.run(lambda: rig.writers[0].is_caught_up, rig.a)
    sent = _fill(rig)
    assert rig.writers[0].blocked
    rig.writers[0].emit(1, ["through"])
    rig.run(lambda: rig.got[0] == ["through"])
    rig.gates, rig.got = [slow, fast], [[], []]
    rig.run(lambda: len(rig.got[0]) == sent)


def test_consumed_entries_are_trimmed(rig: Any) -> None:
    for n in range(200):
        rig.writers[0].emit(0, [n])
        rig.turn(rig.a)
        rig.run(lambda: rig.writers[0].is_drained, rig.a)
    assert rig.client.xlen(rig.log_key()) > 100
    rig.run(lambda: len(rig.got[0]) == 200)
    rig.run(lambda: rig.client.xlen(rig.log_key()) == 0)
    upto = rig.client.hget(rig.keys.credit("a" * 32, 0, "c", 0), "trimmed_to")
    assert parse_id(upto) > parse_id(rig.client.xinfo_stream(rig.log_key())["last-generated-id"])


def test_a_consumer_reads_ahead_no_more_than_it_should(make_rig: Any) -> None:
    rig = make_rig(producers=4, entry_size=_ENTRY, read_ahead=2 * _ENTRY, read_count=1)
    for p in range(4):
        for n in range(40):
            rig.writers[p].emit(0, [bytes(1000) + bytes([p, n]) for _ in range(8)])
    rig.run(lambda: all(w.is_drained for w in rig.writers), consume=False)
    rig.run_for(0.2, consume=False)
    entries = rig.client.xlen(rig.log_key())
    log = rig.b._links[0].writing.inlets[0].log
    assert log.buffered < entries * _ENTRY // 4, "most of it is still in Redis"
    rig.run(lambda: len(rig.got[0]) == 4 * 40 * 8)


def test_oom_is_back_pressure_and_loses_nothing(make_rig: Any, own_redis: Any) -> None:
    server = own_redis(options=("--maxmemory", "6mb"))
    rig = make_rig(urls=[server.url], credit=64 << 20, entry_size=_ENTRY)
    rig.run(lambda: rig.writers[0].is_caught_up, rig.a)
    sent = 0
    while sent < 16_000:  # 8 MB, more than the server takes
        rig.writers[0].emit(0, [_RECORD + b"%d" % n for n in range(sent, sent + 16)])
        sent += 16
        rig.turn(rig.a)
    rig.run_for(0.3, consume=False)
    assert not rig.writers[0].is_drained, "the server was never out of memory"
    rig.run(lambda: len(rig.got[0]) == sent)
    assert rig.got[0] == [_RECORD + b"%d" % n for n in range(sent)]
    rig.run(lambda: rig.writers[0].is_drained)


def test_a_redis_that_does_not_answer_stops_its_producers(make_rig: Any, own_redis: Any) -> None:
    server = own_redis()
    rig = make_rig(urls=[server.url], stall=0.05)
    rig.run(lambda: rig.writers[0].is_drained)
    rig.client.execute_command("CLIENT", "PAUSE", "1500", "ALL")
    rig.writers[0].emit(0, ["waits"])
    rig.run(lambda: rig.writers[0].blocked)
    rig.run(lambda: rig.got[0] == ["waits"] and not rig.writers[0].blocked)


def test_a_redis_that_is_made_a_replica_for_a_while_stops_its_producers(make_rig: Any, own_redis: Any) -> None:
    """Its blocking reads end with UNBLOCKED, writes with READONLY."""
    rig = make_rig(urls=[own_redis().url])
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    rig.client.execute_command("REPLICAOF", "127.0.0.1", "1")
    rig.writers[0].emit(0, [2])
    rig.run_for(0.5)
    assert rig.got[0] == [1]
    rig.client.execute_command("REPLICAOF", "NO", "ONE")
    rig.run(lambda: rig.got[0] == [1, 2])
