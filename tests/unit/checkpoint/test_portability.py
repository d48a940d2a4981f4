"""State of real backends through storage: to any backend and parallelism by savepoint or full checkpoint, and on."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import FileHandle, IncrementalHandle, PiecedHandle, SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.restore import read_restore
from penstock.checkpoint.state_files import handles_of, write_subtask_state
from penstock.checkpoint.storage import CheckpointStorage
from penstock.common.typeinfo import Types
from penstock.datastream.state import MapStateDescriptor, ValueStateDescriptor
from penstock.graph.key_groups import key_group, key_group_range, subtask_of
from penstock.state import portable
from penstock.state.backend import KeyedStateBackend
from penstock.state.snapshot import OperatorSnapshot
from tests.checkpoints import Vertex, files_below, graph, metadata, operator_id, storage_at
from tests.unit.state.backends import FORKED, FORMS, KINDS, backend_of, content, context_of

A = operator_id("a")
KEYS = [*range(40), "a", ("b", 1), None]


@pytest.fixture
def storage(tmp_path: Path) -> CheckpointStorage:
    return storage_at(str(tmp_path / "checkpoints"))


def fill(backend: KeyedStateBackend, keys: list[Any], add: int) -> None:
    context = context_of(backend)
    total = context.get_state(ValueStateDescriptor("total", Types.LONG()))
    days = context.get_map_state(MapStateDescriptor("days", Types.STRING(), Types.LONG()))
    for number, key in enumerate(keys):
        backend.key = key
        total.update(number + add)
        days.put(f"day {add}", number)


def write(
    storage: CheckpointStorage,
    checkpoint: int,
    backends: list[KeyedStateBackend],
    *,
    savepoint: bool = False,
    bases: list[SubtaskState] | None = None,
) -> CheckpointMetadata:
    vertex = Vertex("a", len(backends))
    directory = storage.savepoint_directory("savepoints") if savepoint else storage.checkpoint_directory(checkpoint)
    options = CheckpointOptions(directory=directory, savepoint=savepoint)
    states = [
        write_subtask_state(
            storage,
            options,
            checkpoint,
            A,
            n,
            0,
            {A: OperatorSnapshot(backend.snapshot())},
            base=bases[n] if bases else None,
            key_groups=key_group_range(n, len(backends), 128),
        )
        for n, backend in enumerate(backends)
    ]
    written = metadata(vertex.state(states), checkpoint=checkpoint, savepoint=savepoint)
    path, _, checksum = storage.write_metadata(directory, written)
    return storage.read_metadata(path, checksum)


@pytest.mark.parametrize("savepoint", [True, False])
@pytest.mark.parametrize("now", [1, 2, 3])
@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("kind", FORMS)
def test_to_any_backend_and_parallelism(
    storage: CheckpointStorage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    target: str,
    now: int,
    savepoint: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(portable, "_PIECE", 7)
    with ExitStack() as stack:
        former = [stack.enter_context(backend_of(kind)) for _ in range(2)]
        for n, backend in enumerate(former):
            fill(backend, [key for key in KEYS if subtask_of(key_group(key, 128), 2, 128) == n], 100 * n)
        found = write(storage, 1, former, savepoint=savepoint)
        if kind == FORKED:
            handles = [state.operators[A].keyed for state in found.vertices[0].subtasks]
            assert all(isinstance(h, PiecedHandle) and len(h.pieces) > 4 for h in handles)
        expected = {at: value for backend in former for at, value in content(backend).items()}
    restored_content: dict[Any, Any] = {}
    (tmp_path / "native").mkdir()
    for n in range(now):
        restored = read_restore(storage, found, graph(Vertex("a", now)), A, n, tmp_path / "native")
        with backend_of(target) as backend:
            backend.restore(restored.operators[A])
            part = content(backend)
            assert all(subtask_of(key_group(key, 128), now, 128) == n for _, key in part)
            restored_content |= part
    assert restored_content == expected
    assert len(expected) == 2 * len(KEYS)


def test_incremental_checkpoints_go_on_after_a_restore(storage: CheckpointStorage, tmp_path: Path) -> None:
    """1, 2 (based on 1), restored from 2, 3 (based on 2), with what nobody needs swept in between."""
    with backend_of("rocksdb") as backend:
        fill(backend, KEYS, 1)
        first = write(storage, 1, [backend])
        fill(backend, KEYS[:3], 2)
        second = write(storage, 2, [backend], bases=list(first.vertices[0].subtasks))
        expected = content(backend)
    before, after = (found.vertices[0].subtasks[0] for found in (first, second))
    assert isinstance(after.operators[A].keyed, IncrementalHandle)
    assert after.new_bytes < after.size
    assert before.new_bytes == before.size
    storage.discard(first.directory)
    storage.sweep([second], upto=2)

    restored = read_restore(storage, second, graph(Vertex("a")), A, 0, tmp_path)
    assert restored.base == after
    with backend_of("rocksdb") as backend:
        backend.restore(restored.operators[A])
        assert content(backend) == expected
        fill(backend, KEYS[:3], 3)
        third = write(storage, 3, [backend], bases=[after])
        expected = content(backend)
    state = third.vertices[0].subtasks[0]
    assert state.new_bytes < state.size
    storage.discard(second.directory)
    storage.sweep([third], upto=3)
    with backend_of("hashmap") as other:
        other.restore(read_restore(storage, third, graph(Vertex("a")), A, 0, tmp_path).operators[A])
        assert content(other) == expected


def test_a_copy_of_a_checkpoint_is_no_base(storage: CheckpointStorage, tmp_path: Path) -> None:
    with backend_of("rocksdb") as backend:
        fill(backend, KEYS, 1)
        found = write(storage, 1, [backend])
    shutil.copytree(storage.directory, tmp_path / "copy")
    copied = storage.read_metadata(f"{tmp_path}/copy/chk-1")
    restored = read_restore(storage, copied, graph(Vertex("a")), A, 0, tmp_path)
    assert restored.base is None
    assert read_restore(storage, found, graph(Vertex("a")), A, 0, tmp_path).base is not None


def test_a_missing_shared_file_is_named_and_nothing_is_left(storage: CheckpointStorage, tmp_path: Path) -> None:
    with backend_of("rocksdb") as backend:
        fill(backend, KEYS, 1)
        found = write(storage, 1, [backend])
    paths = [
        storage.locate(found.directory, handle)
        for handle in handles_of(found.vertices[0].subtasks[0])
        if isinstance(handle, FileHandle) and "/" in handle.path
    ]
    storage.remove(paths[0])
    folder = tmp_path / "native"
    folder.mkdir()
    with pytest.raises(CheckpointUnusable, match="the file is missing") as caught:
        read_restore(storage, found, graph(Vertex("a")), A, 0, folder)
    assert caught.value.path == paths[0]
    assert list(folder.iterdir()) == []
    assert (
        len([name for name in files_below(storage, storage.directory) if name.startswith("shared/")]) == len(paths) - 1
    )
