"""RedisStreamsSink against real Redis: what is written when, and that a commit that comes again changes nothing."""

import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
import redis

from penstock.common import Row
from penstock.common.serialization import SimpleStringSchema
from penstock.datastream.connectors.base import DeliveryGuarantee, Sink
from penstock.datastream.connectors.redis import RedisStreamsSink, RedisStreamsSinkBuilder
from penstock.datastream.connectors.redis import sink as sink_module
from penstock.operators.sinks import SinkOperator
from penstock.operators.specs import WriterContext
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot

pytestmark = pytest.mark.contract

EXACTLY_ONCE, AT_LEAST_ONCE, NONE = (
    DeliveryGuarantee.EXACTLY_ONCE,
    DeliveryGuarantee.AT_LEAST_ONCE,
    DeliveryGuarantee.NONE,
)


def builder(url: str, key: Any, guarantee: DeliveryGuarantee = EXACTLY_ONCE) -> RedisStreamsSinkBuilder:
    made = RedisStreamsSink.builder().set_url(url).set_stream_key(key).set_delivery_guarantee(guarantee)
    return made.set_value_serializer(SimpleStringSchema(), "v")


def context(subtask: int = 0, checkpointing: bool = True) -> WriterContext:
    return WriterContext(subtask, job_id="0" * 32, operator_id="ab", checkpointing=checkpointing)


def opened(sink: Sink, subtask: int = 0, former: list[OperatorSnapshot] | None = None, p: int = 1) -> SinkOperator:
    operator = SinkOperator(0, "out", pickle.loads(cloudpickle.dumps(sink)), context(subtask))
    if former is not None:
        operator.restore(hand_over(pickle.loads(pickle.dumps(former)), subtask, p, 128))
    operator.open(None)
    return operator


def values(client: Any, key: str) -> list[str]:
    return [fields[b"v"].decode() for _, fields in client.xrange(key)]


# -- exactly once ----------------------------------------------------------------------------------------------------


def test_nothing_is_seen_before_the_checkpoint_is_complete(url: str, client: Any, prefix: str) -> None:
    running = opened(builder(url, prefix).build())
    running.write(["a", "b"])
    running.on_idle()
    running.snapshot(1)
    running.write(["c"])
    assert not client.exists(prefix)
    running.notify_complete(1)
    assert values(client, prefix) == ["a", "b"]
    running.snapshot(2)
    running.finish()
    assert values(client, prefix) == ["a", "b"]
    running.notify_complete(2)
    assert values(client, prefix) == ["a", "b", "c"]


def test_a_commit_that_comes_again_changes_nothing_whoever_makes_it(url: str, client: Any, prefix: str) -> None:
    sink = builder(url, prefix).build()
    running = opened(sink)
    running.write(["a"])
    former = [running.snapshot(1)]
    running.notify_complete(1)
    running.write(["b"])
    running.snapshot(2)
    running.notify_complete(2)
    # restored at the first checkpoint, which lists "a": as another subtask, and by two at once
    restored = [opened(sink, subtask, former, 2) for subtask in (0, 1)]
    restored.append(opened(sink, 0, former))
    assert values(client, prefix) == ["a", "b"]
    for again in restored:
        # numbers start anew with every writer, and are not taken for old ones
        again.write(["c"])
        again.snapshot(2)
        again.notify_complete(2)
    assert values(client, prefix) == ["a", "b", "c", "c", "c"]


def test_committed_before_the_job_was_told_is_not_added_again(url: str, client: Any, prefix: str) -> None:
    sink = builder(url, prefix).build()
    running = opened(sink)
    running.write(["a"])
    running.snapshot(1)
    running.write(["b"])
    former = [running.snapshot(2)]
    # the first is committed, the second not: it dies between them
    running.notify_complete(1)
    assert values(client, prefix) == ["a"]
    opened(sink, 0, former)
    assert values(client, prefix) == ["a", "b"]
    opened(sink, 0, former)
    assert values(client, prefix) == ["a", "b"]


def test_a_commit_whose_answer_is_lost_is_made_once(
    url: str, client: Any, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = opened(builder(url, prefix).build())
    running.write(["a", "b"])
    running.snapshot(1)
    lost = [0]

    class LosesAnswers:
        def __init__(self, of_url: str) -> None:
            self.client: Any = redis.Redis.from_url(of_url, protocol=2)

        def __enter__(self) -> "LosesAnswers":
            return self

        def __exit__(self, *error: object) -> None:
            self.client.close()

        def register_script(self, text: str) -> Any:
            script = self.client.register_script(text)

            def call(**arguments: Any) -> Any:
                answer = script(**arguments)
                if lost[0] < 2:
                    lost[0] += 1
                    raise redis.TimeoutError("no answer")
                return answer

            return call

    monkeypatch.setattr(sink_module, "client_of", LosesAnswers)
    running.notify_complete(1)
    assert lost == [2]
    assert values(client, prefix) == ["a", "b"]


DIES = """
import pickle, sys
from pathlib import Path
from tests.contract.connectors.test_redis_sink import builder, opened

url, prefix, state = sys.argv[1:]
running = opened(builder(url, prefix).build())
for checkpoint, value in enumerate("abc", 1):
    running.write([value])
    snapshot = running.snapshot(checkpoint)
Path(state).write_bytes(pickle.dumps(snapshot))
running.notify_complete(3)
raise SystemExit("it was to die at the crash point")
"""


@pytest.mark.parametrize(("nth", "there"), [(1, ["a"]), (2, ["a", "b"]), (3, ["a", "b", "c"])])
def test_killed_between_two_commits(
    url: str, client: Any, prefix: str, tmp_path: Path, nth: int, there: list[str]
) -> None:
    root = Path(__file__).parents[3]
    reached, state = tmp_path / "reached", tmp_path / "state"
    died = subprocess.run(
        [sys.executable, "-c", DIES, url, prefix, str(state)],
        env={"PENSTOCK_CRASH_POINT": f"between-commits:{reached}:{nth}", "PYTHONPATH": f"{root}:{root / 'shared'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == -9, died.stderr
    assert len(reached.read_text().splitlines()) == nth
    assert values(client, prefix) == there
    opened(builder(url, prefix).build(), 0, [pickle.loads(state.read_bytes())])
    assert values(client, prefix) == ["a", "b", "c"]


def test_a_redis_that_crashes_between_the_phases(
    start_redis: Callable[..., Any], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_redis(persistent=True)
    running = opened(builder(server.url, prefix).build())
    running.write(["a"])
    running.snapshot(1)
    running.notify_complete(1)
    running.write(["b"])
    former = [running.snapshot(2)]
    server.stop(kill=True)
    monkeypatch.setattr(running._uncommitted, "_patience", 1.0)
    refused = rf"Redis at 127\.0\.0\.1:{server.port}: commit 1 entries: .*refused"
    with pytest.raises(ConnectionError, match=refused) as caught:
        running.notify_complete(2)
    assert "checkpoint 2, tried for 1 s" in caught.value.__notes__[0]
    server.start()
    opened(builder(server.url, prefix).build(), 0, former)
    with redis.Redis.from_url(server.url, protocol=2) as client:
        assert values(client, prefix) == ["a", "b"]
    server.stop()


def test_a_commit_is_all_or_nothing(url: str, client: Any, prefix: str) -> None:
    client.set(f"{prefix}:b", "text")
    running = opened(builder(url, lambda value: f"{prefix}:{value}").build())
    running.write(["a", "b"])
    running.snapshot(1)
    with pytest.raises(RuntimeError, match=rf"commit 2 entries: .*WRONGTYPE {prefix}:b is a string, not a stream"):
        running.notify_complete(1)
    assert not client.exists(f"{prefix}:a")


def test_large_commits_of_any_bytes_to_many_streams(url: str, client: Any, prefix: str) -> None:
    made = RedisStreamsSink.builder().set_url(url).set_delivery_guarantee(EXACTLY_ONCE)
    made.set_stream_key(lambda v: f"{prefix}:{v[0] % 7}").set_serializer(lambda v: {b"\x00\xff": v[1], "n": v[0]})
    running = opened(made.build())
    written = [(n, bytes([n % 256]) * (n % 300)) for n in range(30_000)]
    for n in range(0, len(written), 1000):
        running.write(written[n : n + 1000])
    running.write([(0, b"\xfe" * 3_000_000)])
    running.snapshot(1)
    running.notify_complete(1)
    for n in range(7):
        found = [(int(f[b"n"]), f[b"\x00\xff"]) for _, f in client.xrange(f"{prefix}:{n}")]
        expected = [w for w in written if w[0] % 7 == n]
        assert found == (expected if n else [*expected, (0, b"\xfe" * 3_000_000)])


def test_guards_go_after_their_time(url: str, client: Any, prefix: str) -> None:
    running = opened(builder(url, prefix).set_guard_retention(60).build())
    running.write(["a"])
    (committable,) = running.snapshot(1).lists["uncommitted"].items[0][1]
    running.notify_complete(1)
    assert committable.guard.startswith(f"penstock:committed:{'0' * 32}:ab:0:")
    assert 0 < client.pttl(committable.guard) <= 60_000
    client.delete(committable.guard)


def test_without_checkpoints_all_comes_at_the_end(url: str, client: Any, prefix: str) -> None:
    operator = SinkOperator(0, "out", builder(url, prefix).build(), context(checkpointing=False))
    operator.open(None)
    operator.write(["a"])
    assert not client.exists(prefix)
    operator.finish()
    assert values(client, prefix) == ["a"]


# -- at least once, and less -----------------------------------------------------------------------------------------


def test_at_least_once_writes_full_batches_and_what_is_left_when_idle(url: str, client: Any, prefix: str) -> None:
    running = opened(builder(url, prefix, AT_LEAST_ONCE).set_batch_size(2).build())
    running.write(["a", "b", "c"])
    assert values(client, prefix) == ["a", "b"]
    running.on_idle()
    assert values(client, prefix) == ["a", "b", "c"]
    running.write(["d"])
    running.snapshot(1)
    assert values(client, prefix) == ["a", "b", "c", "d"]
    running.close()


def test_at_least_once_waits_for_a_redis_that_is_away(start_redis: Callable[..., Any], prefix: str) -> None:
    server = start_redis(persistent=True)
    running = opened(builder(server.url, prefix, AT_LEAST_ONCE).set_patience(60).build())
    impatient = opened(builder(server.url, prefix, AT_LEAST_ONCE).set_patience(0.1).build())
    dropping = opened(builder(server.url, prefix, NONE).build())
    running.write(["a"])
    running.on_idle()
    server.stop(kill=True)
    dropping.write(["dropped"])
    dropping.on_idle()
    impatient.write(["x"])
    with pytest.raises(ConnectionError, match=rf"127\.0\.0\.1:{server.port}: add 1 entries \(tried for 0\.1 s\)"):
        impatient.on_idle()
    again = threading.Timer(0.3, server.start)
    again.start()
    running.write(["b"])
    running.on_idle()
    again.join()
    dropping.write(["kept"])
    dropping.on_idle()
    with redis.Redis.from_url(server.url, protocol=2) as client:
        assert values(client, prefix) == ["a", "b", "kept"]
    server.stop()


@pytest.mark.parametrize("guarantee", [EXACTLY_ONCE, AT_LEAST_ONCE])
def test_streams_are_trimmed(url: str, client: Any, prefix: str, guarantee: DeliveryGuarantee) -> None:
    running = opened(builder(url, prefix, guarantee).set_max_len(5, approximate=False).build())
    running.write([str(n) for n in range(20)])
    running.snapshot(1)
    running.notify_complete(1)
    assert values(client, prefix) == [str(n) for n in range(15, 20)]


def test_by_default_dicts_and_rows_with_names(url: str, client: Any, prefix: str) -> None:
    made = RedisStreamsSink.builder().set_url(url).set_stream_key(prefix)
    running = opened(made.build())
    running.write([{"a": 1, "b": "é"}, Row(a=2.5, b=True)])
    running.finish()
    entries = [fields for _, fields in client.xrange(prefix)]
    assert entries == [{b"a": b"1", b"b": "é".encode()}, {b"a": b"2.5", b"b": b"true"}]
    for bad, message in [("text", "takes dicts and rows"), ({}, "not {}"), ({"a": None}, "not None")]:
        with pytest.raises(TypeError, match=message):
            running.write([bad])
    with pytest.raises(TypeError, match="stream key of 'v' has to be text that is not empty, not None"):
        opened(builder(url, lambda value: None, AT_LEAST_ONCE).build()).write(["v"])
    with pytest.raises(ValueError, match="at most 3500 fields, not 4000"):
        opened(made.set_delivery_guarantee(EXACTLY_ONCE).build()).write([{str(n): 0 for n in range(4000)}])


def test_a_refused_connection_names_host_and_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    writer = opened(builder(f"redis://127.0.0.1:{port}/0", "s", AT_LEAST_ONCE).set_patience(0).build())
    writer.write(["a"])
    with pytest.raises(ConnectionError, match=rf"Redis at 127\.0\.0\.1:{port}: add 1 entries: .*refused"):
        writer.finish()
