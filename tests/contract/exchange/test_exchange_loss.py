"""What a slot does when its exchange Redis loses something, or somebody else took its place."""

import pickle
import time
from typing import Any

import pytest
import redis

from penstock.exchange import ExchangeLost, Fenced, writing
from penstock.exchange.elements import EndOfInput
from penstock.exchange.header import Header, Kind, encode_control
from penstock.exchange.link import Link
from penstock.graph.wiring import channel_id

pytestmark = pytest.mark.contract


def _entry(seq: int, values: list[Any], attempt: int = 0, epoch: int = 1) -> dict[str, bytes]:
    header = Header(channel_id(0, 0), epoch, attempt, Kind.DATA, 0, seq, 0).pack()
    return {"h": header, "p": pickle.dumps((values, None, None), 5)}


def test_a_killed_connection_loses_and_doubles_nothing(rig: Any) -> None:
    sent = kills = 0
    while sent < 30_000:
        if not rig.writers[0].blocked:
            rig.writers[0].emit(0, list(range(sent, sent + 30)))
            sent += 30
        rig.turn(rig.a, rig.b)
        rig.poll()
        if sent // 3_000 > kills:
            kills += 1
            for client in rig.client.client_list():
                if client["name"].startswith("penstock-slot-"):
                    rig.client.client_kill_filter(_id=client["id"])
    rig.writers[0].broadcast(EndOfInput())
    rig.run(lambda: rig.gates[0].has_ended)
    assert kills == 10
    assert rig.got[0] == list(range(30_000))


def test_entries_appended_twice_are_taken_once(rig: Any) -> None:
    for seq, values in ((2, [1, 2]), (2, [1, 2]), (3, [3]), (5, [4, 5]), (3, [3]), (5, [4, 5]), (6, [6])):
        rig.client.xadd(rig.log_key(), _entry(seq, values))
    rig.run(lambda: 6 in rig.got[0], rig.b)
    assert rig.got[0] == [1, 2, 3, 4, 5, 6]


def test_an_entry_that_overlaps_what_was_taken_is_cut(rig: Any) -> None:
    rig.client.xadd(rig.log_key(), _entry(3, [1, 2, 3]))
    rig.client.xadd(rig.log_key(), _entry(5, [2, 3, 4, 5]))
    rig.run(lambda: 5 in rig.got[0], rig.b)
    assert rig.got[0] == [1, 2, 3, 4, 5]


def test_a_zombie_of_an_older_attempt_is_ignored(rig: Any) -> None:
    rig.client.xadd(rig.log_key(), _entry(1, ["new"], attempt=1))
    rig.client.xadd(rig.log_key(), _entry(2, ["zombie", "zombie"], attempt=0))
    rig.client.xadd(rig.log_key(), _entry(2, ["newer epoch"], attempt=0, epoch=2))
    rig.client.xadd(rig.log_key(), _entry(3, ["zombie"], attempt=1))
    rig.run(lambda: "newer epoch" in rig.got[0], rig.b)
    rig.run_for(0.05, rig.b)
    assert rig.got[0] == ["new", "newer epoch"]


def test_a_superseded_producer_is_told_once_and_its_successor_sends_nothing_twice(rig: Any) -> None:
    rig.writers[0].emit(0, [1, 2, 3])
    rig.run(lambda: rig.got[0] == [1, 2, 3])
    successor = rig.slot("A2", placement={"p": ("A2",), "c": ("B",)})
    writer = rig.writer(successor, attempt=1)
    rig.run(lambda: rig.client.hexists(rig.keys.credit("a" * 32, 0, "c", 0), str(channel_id(0, 0))), rig.b)
    before = rig.client.xinfo_stream(rig.log_key())["last-generated-id"]
    writer.emit(0, [1, 2, 3])
    rig.run(lambda: writer.is_drained, successor)
    assert rig.client.xinfo_stream(rig.log_key())["last-generated-id"] == before
    writer.emit(0, [4])
    with pytest.raises(Fenced, match=r"attempt 0 of p subtask 0 is superseded.*attempt 1") as fenced:
        rig.run(lambda: False, rig.a, rig.b, successor)
    assert (fenced.value.vertex, fenced.value.subtask, fenced.value.attempt) == ("p", 0, 0)
    rig.run(lambda: rig.got[0] == [1, 2, 3, 4], rig.a, rig.b, successor)


def test_a_gap_is_a_loss(rig: Any) -> None:
    rig.client.xadd(rig.log_key(), _entry(1, [1]))
    rig.client.xadd(rig.log_key(), _entry(4, [3, 4]))
    with pytest.raises(ExchangeLost, match="records 2 to 2 are missing"):
        rig.run(lambda: False, rig.b)


@pytest.mark.parametrize("says", [1, 3])
def test_a_wrong_count_at_the_end_is_a_loss(rig: Any, says: int) -> None:
    kind, payload = encode_control(EndOfInput())
    rig.client.xadd(rig.log_key(), _entry(2, [1, 2]))
    rig.client.xadd(rig.log_key(), {"h": Header(channel_id(0, 0), 1, 0, kind, 0, says, 1).pack(), "p": payload})
    with pytest.raises(ExchangeLost):
        rig.run(lambda: False, rig.b)


def test_a_deleted_log_fences_its_producers(rig: Any) -> None:
    rig.run(lambda: rig.writers[0].is_drained, rig.a)
    rig.client.delete(rig.log_key())
    rig.writers[0].emit(0, [1])
    with pytest.raises(ExchangeLost, match="is gone"):
        rig.run(lambda: False, rig.a)
    assert not rig.client.exists(rig.log_key()), "an append must not bring it back"
    with pytest.raises(ExchangeLost):
        rig.a.flush(idle=True)


def test_deleting_a_generation_fences_both_ends_and_leaves_no_key(rig: Any) -> None:
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    rig.delete_logs()
    rig.writers[0].emit(0, [2])
    for slot in (rig.a, rig.b):
        with pytest.raises(ExchangeLost, match="has lost its logs"):
            rig.run(lambda: False, slot)
    deadline = time.monotonic() + 10
    while left := list(rig.client.scan_iter(f"{rig.keys.prefix}:*")):
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.01)


def test_a_slot_that_leaves_a_deleted_generation_before_it_knows_leaves_no_key(rig: Any) -> None:
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    credit = rig.keys.credit(rig.graph.job_id, 0, "c", 0)
    rig.run(lambda: rig.client.exists(credit))
    rig.writers[0].emit(0, [2])
    rig.run(lambda: rig.writers[0].is_drained, rig.a, consume=False)
    while rig.got[0] != [1, 2]:  # with its credit still to be told
        rig.b.on_readable()
        rig.poll()
    rig.delete_logs()
    while not rig.client.exists(credit):
        rig.b.flush(idle=True)
    for slot in (rig.a, rig.b):
        slot.close()
    assert list(rig.client.scan_iter(f"{rig.keys.prefix}:*")) == []


def test_a_slot_that_stood_still_makes_no_key_of_a_deleted_generation(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_SURE_FOR", 0.01)
    monkeypatch.setattr(Link, "forget", lambda link: None)  # as if it were killed
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    rig.run(lambda: rig.client.exists(rig.keys.credit(rig.graph.job_id, 0, "c", 0)))
    rig.writers[0].emit(0, [2])
    rig.run(lambda: rig.writers[0].is_drained, rig.a, consume=False)
    while rig.got[0] != [1, 2]:
        rig.b.on_readable()
        rig.poll()
    rig.delete_logs()
    time.sleep(0.1)
    with pytest.raises(ExchangeLost, match="has lost its logs"):
        rig.run(lambda: False, rig.b)
    assert list(rig.client.scan_iter(f"{rig.keys.prefix}:*")) == []


def test_a_slot_that_asks_before_each_flight_loses_and_doubles_nothing(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_SURE_FOR", 0.0)
    for n in range(200):
        rig.writers[0].emit(0, [n])
        rig.turn(rig.a, rig.b)
        rig.poll()
    rig.run(lambda: len(rig.got[0]) >= 200)
    assert rig.got[0] == list(range(200))


def test_a_flushed_server_is_lost(make_rig: Any, own_redis: Any) -> None:
    rig = make_rig(urls=[own_redis().url])
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    rig.client.flushall()
    rig.writers[0].emit(0, [2])
    for slot in (rig.a, rig.b):
        with pytest.raises(ExchangeLost):
            rig.run(lambda: False, slot)


def test_a_server_that_comes_back_empty_is_lost(make_rig: Any, own_redis: Any) -> None:
    server = own_redis()
    rig = make_rig(urls=[server.url])
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    server.stop(kill=True)
    rig.writers[0].emit(0, [2])
    rig.run_for(0.3)  # away: no failure yet
    server.start()
    for slot in (rig.a, rig.b):
        with pytest.raises(ExchangeLost, match="restarted or replaced"):
            rig.run(lambda: False, slot)


def test_a_server_that_stays_away_is_lost(make_rig: Any, own_redis: Any) -> None:
    server = own_redis()
    rig = make_rig(urls=[server.url], reconnect_timeout=0.3)
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    server.stop(kill=True)
    for slot in (rig.a, rig.b):
        with pytest.raises(ExchangeLost, match=rf"127\.0\.0\.1:{server.port}.* cannot be reached for 0\.3 s"):
            rig.run(lambda: False, slot)
    server.start()


def test_a_server_that_kept_its_logs_over_a_restart_is_lost_all_the_same(make_rig: Any, own_redis: Any) -> None:
    server = own_redis(persistent=True)
    rig = make_rig(urls=[server.url])
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    server.restart()
    assert redis.Redis.from_url(server.url).exists(rig.log_key())
    with pytest.raises(ExchangeLost, match="restarted or replaced"):
        rig.run(lambda: False)


def test_another_generations_nonce_is_a_loss(rig: Any) -> None:
    rig.run(lambda: rig.writers[0].is_drained, rig.a)
    rig.client.set(rig.keys.exchange_nonce("a" * 32, 0), "other")
    rig.writers[0].emit(0, [1])
    with pytest.raises(ExchangeLost, match="another deployment"):
        rig.run(lambda: False, rig.a)


def test_a_reader_behind_the_trimmed_part_of_its_log_stops(rig: Any) -> None:
    rig.run_for(0.05, rig.b)
    rig.client.hset(rig.keys.credit("a" * 32, 0, "c", 0), "trimmed_to", "99999999999999-0")
    rig.client.xadd(rig.log_key(), _entry(1, [1]))
    with pytest.raises(ExchangeLost, match="trimmed up to"):
        rig.run(lambda: False, rig.b)


def test_a_paused_server_is_but_slow(rig: Any) -> None:
    rig.writers[0].emit(0, [1])
    rig.run(lambda: rig.got[0] == [1])
    rig.client.client_pause(400)
    rig.writers[0].emit(0, [2])
    started = time.monotonic()
    rig.run_for(0.2)
    assert rig.got[0] == [1]
    assert time.monotonic() - started < 5, "the mailbox loop must not wait for Redis"
    rig.run(lambda: rig.got[0] == [1, 2])
