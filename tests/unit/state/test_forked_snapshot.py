"""Snapshots of large heap state: a forked child pickles what it saw at the fork."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from penstock.checkpoint.handles import StateMeta
from penstock.common.typeinfo import Types
from penstock.datastream.state import ListStateDescriptor, ValueStateDescriptor
from penstock.state import heap_snapshot, portable
from penstock.state.forked_snapshot import ForkedSnapshot, SnapshotFailed, can_fork
from penstock.state.handover import hand_over
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.memory_snapshot import MemorySnapshot
from penstock.state.portable import MIXED, StateNotPicklable
from penstock.state.snapshot import OperatorSnapshot
from penstock.state.timer_service import KeyedTimerService
from tests.unit.state.backends import content, context_of

pytestmark = pytest.mark.skipif(not can_fork(), reason="forks only on Linux")

STATES = {"s": StateMeta(kind="value")}


def large(monkeypatch: pytest.MonkeyPatch) -> HashMapKeyedStateBackend:
    monkeypatch.setattr(heap_snapshot, "AT_ONCE_ENTRIES", 10)
    backend = HashMapKeyedStateBackend(128)
    backend.declarations.operator = "Totals"
    return backend


def children() -> set[int]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


@pytest.fixture
def born() -> Callable[[], set[int]]:
    """The children of this process that the test has made: those of other tests' clusters may be there too."""
    before = children()
    return lambda: children() - before


def test_what_is_changed_in_place_after_the_fork_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = large(monkeypatch)
    timers = KeyedTimerService(backend)
    state = context_of(backend).get_state(ValueStateDescriptor("v", Types.PICKLED_BYTE_ARRAY()))
    values = context_of(backend).get_list_state(ListStateDescriptor("l", Types.INT()))
    for n in range(1_000):
        backend.key = n
        state.update({"n": [n]})
        values.add(n)
        timers.register_event_time_timer(n)
    snapshot = backend.snapshot()
    assert isinstance(snapshot, ForkedSnapshot)
    for n in range(1_000):
        backend.key = n
        value: Any = state.value()
        value["n"].append("later")
        values.add(-n)
    restored = HashMapKeyedStateBackend(128)
    times = KeyedTimerService(restored)
    try:
        restored.restore(hand_over([OperatorSnapshot(snapshot)], 0, 1, 128))
        assert list(snapshot.groups()) == list(snapshot.groups()), "it can be read again"
    finally:
        snapshot.release()
    assert content(restored) == {("v", n): {"n": [n]} for n in range(1_000)} | {("l", n): [n] for n in range(1_000)}
    assert len(times.event_time) == 1_000 and snapshot.states["v"].kind == "value"


def test_small_state_is_pickled_at_once() -> None:
    backend = HashMapKeyedStateBackend(128)
    backend.table("t", "value")["a"] = 1
    assert isinstance(backend.snapshot(), MemorySnapshot)


def test_few_entries_may_be_large() -> None:
    backend = HashMapKeyedStateBackend(128)
    backend.table("t", "list").update(a=[["element"] * 9 for _ in range(100_000)], b=[])
    for _ in range(2):
        snapshot = backend.snapshot()
        assert isinstance(snapshot, ForkedSnapshot)
        assert sum(len(state) for _, state in snapshot.groups()) > heap_snapshot.AT_ONCE_BYTES
        snapshot.release()
    backend.table("t", "list")["a"].clear()
    del backend.table("t", "list")["a"], backend.table("t", "list")["b"]
    assert isinstance(backend.snapshot(), MemorySnapshot)
    backend.table("t", "list").update(a=[1], b=[2])
    assert isinstance(backend.snapshot(), MemorySnapshot)


def test_little_state_comes_in_pieces_and_much_by_key_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portable, "_PIECE", 16_384)
    backend = large(monkeypatch)
    backend.table("t", "value").update({n: [f"{n:0100}"] for n in range(20_000)})
    for most, groups in ((4 << 20, [MIXED, MIXED]), (1 << 20, list(range(128)))):
        monkeypatch.setattr(portable, "MOST_MIXED", most)
        snapshot = backend.snapshot()
        assert [group for group, _ in snapshot.groups()] == groups
        snapshot.release()


def test_an_error_of_the_child_names_operator_state_and_key(
    monkeypatch: pytest.MonkeyPatch, born: Callable[[], set[int]]
) -> None:
    backend = large(monkeypatch)
    backend.table("good", "value").update(dict.fromkeys(range(50), 1))
    backend.table("connections", "value")["k 1"] = threading.Lock()
    snapshot = backend.snapshot()
    expected = (
        r"operator 'Totals': state 'connections' of key 'k 1' cannot be pickled: TypeError: cannot pickle '_thread.l"
    )
    with pytest.raises(StateNotPicklable, match=expected):
        list(snapshot.groups())
    snapshot.release()
    assert born() == set()


def hang() -> Iterator[tuple[int, bytes]]:
    time.sleep(600)
    yield 0, b""


def killed() -> Iterator[tuple[int, bytes]]:
    yield 0, b"x"
    os.kill(os.getpid(), signal.SIGKILL)


def exits() -> Iterator[tuple[int, bytes]]:
    raise SystemExit(0)
    yield 0, b""


def test_a_release_ends_the_child_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, born: Callable[[], set[int]]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir()))
    snapshot = ForkedSnapshot(STATES, hang)
    assert len(born()) == 1
    snapshot.release()
    assert born() == set() and list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("pickled", "why"), [(killed, "was killed by signal 9 before .* is there memory left"), (exits, "SystemExit: 0")]
)
def test_a_child_that_dies_is_an_error(pickled: Callable[[], Any], why: str, born: Callable[[], set[int]]) -> None:
    snapshot = ForkedSnapshot(STATES, pickled)
    with pytest.raises(SnapshotFailed, match=why):
        list(snapshot.groups())
    snapshot.release()
    assert born() == set()


def test_a_child_waited_for_by_somebody_else_is_no_loss() -> None:
    snapshot = ForkedSnapshot(STATES, lambda: iter([(3, b"abc")]))
    os.waitpid(snapshot._child, 0)
    assert list(snapshot.groups()) == [(3, b"abc")]
    snapshot.release()


def test_the_child_holds_none_of_the_parents_connections_and_ends_with_it(tmp_path: Path) -> None:
    read, write = os.pipe()
    done_read, done_write = os.pipe()
    parent = os.fork()
    if parent == 0:
        # a process with a snapshot under way, which is killed
        try:
            os.close(read)
            snapshot = ForkedSnapshot(STATES, hang)
            os.write(write, str(snapshot._child).encode())
            time.sleep(600)
        finally:
            os._exit(1)
    os.close(write)
    os.close(done_read)
    os.close(done_write)
    child = int(os.read(read, 100))
    links = wait_until(lambda: _links(child) if len(_links(child)) <= 4 else None)
    assert not any(link.startswith(("pipe", "socket")) for link in links[1:])
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert os.read(read, 100) == b"", "nobody holds the other end"
    wait_until(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child))
    os.close(read)


def _links(pid: int) -> list[str]:
    """What its files behind the standard ones are; it closes those it has inherited meanwhile."""
    found = []
    for path in sorted(Path(f"/proc/{pid}/fd").iterdir(), key=lambda path: int(path.name)):
        with suppress(FileNotFoundError):
            if int(path.name) > 2:
                found.append(str(path.readlink()))
    return found


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(check: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while not (found := check()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found
