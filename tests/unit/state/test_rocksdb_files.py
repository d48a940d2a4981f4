"""RocksDB's own files in checkpoints: names, sharing, restore at the same and at other key groups."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from penstock.common.typeinfo import Types
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from penstock.graph.key_groups import key_group
from penstock.state.backend import KeyedStateBackend
from penstock.state.snapshot import KeyedSnapshot, NativeFiles, RestoredKeyed, RestoredOperator
from penstock.state.timer_service import KeyedTimerService
from tests.unit.state.backends import backend_of, content, context_of

pytest.importorskip("rocksdict")

INT = Types.INT()
KEYS = [f"key {n}" for n in range(200)]


def fill(backend: KeyedStateBackend, add: int = 0) -> None:
    context = context_of(backend)
    value = context.get_state(ValueStateDescriptor("value", INT))
    values = context.get_list_state(ListStateDescriptor("list", INT))
    entries = context.get_map_state(MapStateDescriptor("map", Types.STRING(), INT))
    for n, key in enumerate(KEYS):
        backend.key = key
        value.update(n + add)
        values.add_all([n, add])
        entries.put_all({"n": n, f"add {add}": add})


def stored(snapshot: KeyedSnapshot, target: Path) -> NativeFiles:
    """As storage would bring the files to a restoring subtask."""
    files = snapshot.native()
    assert files is not None
    shutil.copytree(files.folder, target)
    snapshot.release()
    assert not files.folder.exists()
    return NativeFiles(files.backend, target, files.shared)


def restored(states: Any, files: NativeFiles, owned: range, former: range = range(128)) -> RestoredOperator:
    keyed = RestoredKeyed(states, native=files, start=former.start, stop=former.stop)
    return RestoredOperator(owned, [keyed], subtasks=1)


@pytest.mark.parametrize("target", ["rocksdb", "hashmap"])
@pytest.mark.parametrize("owned", [range(128), range(40, 90)])
def test_native_files_restore_into_any_key_groups_and_backend(target: str, owned: range, tmp_path: Path) -> None:
    with backend_of("rocksdb") as backend:
        timers = KeyedTimerService(backend)
        fill(backend)
        for n, key in enumerate(KEYS):
            backend.key = key
            timers.register_event_time_timer(n % 7)
        before = content(backend)
        snapshot = backend.snapshot()
        fill(backend, 5)
        files = stored(snapshot, tmp_path / "files")
    with backend_of(target) as again:
        # what an operator declares before it is restored may have another number than in the files
        early = again.table("early", "reduce")
        times = KeyedTimerService(again)
        again.restore(restored(snapshot.states, files, owned))
        assert not files.folder.exists()
        assert content(again) == {at: v for at, v in before.items() if key_group(at[1], 128) in owned}
        due = []
        while (timer := times.event_time.pop_due(9)) is not None:
            due.append(timer)
        expected = [(n % 7, key) for n, key in enumerate(KEYS) if key_group(key, 128) in owned]
        assert due == sorted(expected, key=lambda timer: timer[0])
        early["x"] = 1
        fill(again, 3)
        assert dict(early) == {"x": 1} and content(again)["value", KEYS[1]] == 4


def test_a_file_name_is_of_one_content_over_all_attempts(tmp_path: Path) -> None:
    contents: dict[str, bytes] = {}

    def publish(backend: KeyedStateBackend, name: str) -> tuple[Any, NativeFiles, frozenset[str]]:
        snapshot = backend.snapshot()
        files = stored(snapshot, tmp_path / name)
        for shared in files.shared:
            content = (files.folder / shared).read_bytes()
            assert contents.setdefault(shared, content) == content
        return snapshot.states, files, files.shared

    with backend_of("rocksdb") as first:
        fill(first)
        states, files, one = publish(first, "1")
        kept = tmp_path / "1 for another attempt"
        shutil.copytree(files.folder, kept)
        fill(first, 1)
        _, _, two = publish(first, "2")
        assert one & two, "unchanged files are shared between checkpoints"
    for attempt in (files, NativeFiles(files.backend, kept, files.shared)):
        with backend_of("rocksdb") as again:
            again.restore(restored(states, attempt, range(128)))
            fill(again, 9)
            _, _, three = publish(again, f"3 of {attempt.folder.name}")
            assert three & one and not three & (two - one)


def test_several_former_subtasks_make_one(tmp_path: Path) -> None:
    halves, expected = [], {}
    for start in (0, 64):
        with backend_of("rocksdb") as backend:
            own = range(start, start + 64)
            value = context_of(backend).get_state(ValueStateDescriptor(f"only of {start}", INT))
            both = context_of(backend).get_map_state(MapStateDescriptor("both", INT, INT))
            for n, key in enumerate(KEYS):
                if key_group(key, 128) in own:
                    backend.key = key
                    both.put(n, n)
                    value.update(n)
            expected.update(content(backend))
            snapshot = backend.snapshot()
            files = stored(snapshot, tmp_path / str(start))
            halves.append(RestoredKeyed(snapshot.states, native=files, start=own.start, stop=own.stop))
    with backend_of("rocksdb") as again:
        again.restore(RestoredOperator(range(128), halves, subtasks=2))
        assert content(again) == expected


def test_a_released_snapshot_leaves_nothing(tmp_path: Path) -> None:
    from penstock.state.selection import StateBackendChoice

    backend = StateBackendChoice("rocksdb", str(tmp_path)).make(128)
    fill(backend)
    snapshots = [backend.snapshot() for _ in range(3)]
    list(snapshots[0].groups())
    snapshots[1].native()
    for snapshot in snapshots:
        snapshot.release()
    (folder,) = tmp_path.iterdir()
    assert [path.name for path in folder.iterdir()] == ["db"]
    backend.close()
    assert list(tmp_path.iterdir()) == []
