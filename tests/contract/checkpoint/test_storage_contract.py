"""What checkpoint storage promises, on every kind of file system."""

import contextlib
import threading
from pathlib import Path

import pytest
from tests.checkpoints import (
    MAX_PARALLELISM,
    Keyed,
    Vertex,
    files_below,
    graph,
    group_state,
    metadata,
    native_files,
    operator_id,
    write_checkpoint,
    write_vertex,
)

from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable, SnapshotCancelled
from penstock.checkpoint.handles import FileHandle, SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.restore import read_restore
from penstock.checkpoint.state_files import handles_of, write_subtask_state
from penstock.checkpoint.storage import CheckpointStorage
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot

pytestmark = pytest.mark.contract
A = operator_id("a")


def written_file(metadata_of: object) -> FileHandle:
    return next(
        h
        for vertex in metadata_of.vertices  # type: ignore[attr-defined]
        for state in vertex.subtasks
        for h in handles_of(state)
        if isinstance(h, FileHandle)
    )


@pytest.mark.parametrize("threshold", [0, 1 << 20])
def test_what_is_written_is_read_again(storage: CheckpointStorage, threshold: int) -> None:
    lists = {"offsets": ListSnapshot("split", [1, 2, 3]), "rules": ListSnapshot("union", [{"a": 1}])}
    found = write_checkpoint(storage, 7, Vertex("ab", 2), threshold=threshold, lists=lists)
    job = graph(Vertex("ab", 2))
    keyed: dict[int, bytes] = {}
    for subtask in range(2):
        restored = read_restore(storage, found, job, A, subtask)
        assert restored.channels == [b"channels of %d" % subtask]
        assert set(restored.operators) == {A, operator_id("b")}
        for operator in restored.operators.values():
            assert operator.lists == {"offsets": [1, 2, 3], "rules": [{"a": 1}, {"a": 1}]}
            assert operator.subtasks == 2
        (part,) = restored.operators[A].keyed
        assert part.groups is not None
        keyed.update(part.groups)
    assert keyed == {group: group_state(group) for group in range(MAX_PARALLELISM)}
    expected = set() if threshold else {f"chk-7/{A}-0-0", f"chk-7/{A}-1-0"}
    assert files_below(storage, storage.directory) == expected | {"chk-7/_metadata"}


def test_metadata_may_be_written_again(storage: CheckpointStorage) -> None:
    found = metadata(Vertex("a").state([SubtaskState(ended=True)]))
    directory = storage.checkpoint_directory(1)
    first = storage.write_metadata(directory, found)
    assert storage.write_metadata(directory, found) == first
    path, size, checksum = first
    assert storage.size_of(path) == size
    assert storage.read_metadata(path, checksum).vertices == found.vertices
    assert storage.read_metadata(directory).directory == directory
    assert files_below(storage, directory) == {"_metadata"}


def test_a_checkpoint_that_is_not_there(storage: CheckpointStorage) -> None:
    with pytest.raises(CheckpointUnusable, match=r"chk-9: there is no checkpoint or savepoint"):
        storage.read_metadata(storage.checkpoint_directory(9))
    with pytest.raises(CheckpointUnusable, match=r"chk-9/_metadata: there is no checkpoint or savepoint"):
        storage.read_metadata(storage.checkpoint_directory(9) + "/_metadata")


def test_a_folder_without_metadata_names_the_checkpoint_in_it(storage: CheckpointStorage) -> None:
    write_checkpoint(storage, 3, Vertex("a"))
    with pytest.raises(CheckpointUnusable, match=r"the folder has no _metadata.*did you mean .*/chk-3\?"):
        storage.read_metadata(storage.directory)


def test_another_checksum_than_that_of_the_pointer(storage: CheckpointStorage) -> None:
    write_checkpoint(storage, 1, Vertex("a"))
    with pytest.raises(CheckpointUnusable, match="its checksum differs"):
        storage.read_metadata(storage.checkpoint_directory(1), "0" * 16)


def damaged(storage: CheckpointStorage, path: str, how: str) -> None:
    data = storage.read_file(path)
    match how:
        case "missing":
            storage.remove(path)
        case "truncated":
            storage.write(path, data[:-1])
        case "flipped":
            storage.write(path, data[:-1] + bytes([data[-1] ^ 1]))


@pytest.mark.parametrize("how", ["missing", "truncated", "flipped"])
def test_damage_of_the_metadata_is_found(storage: CheckpointStorage, how: str) -> None:
    write_checkpoint(storage, 1, Vertex("a"))
    path = storage.metadata_path(storage.checkpoint_directory(1))
    damaged(storage, path, how)
    expected = {"missing": "has no _metadata", "truncated": "truncated", "flipped": "damaged"}[how]
    with pytest.raises(CheckpointUnusable, match=expected) as caught:
        storage.read_metadata(storage.checkpoint_directory(1))
    assert "chk-1" in caught.value.path


@pytest.mark.parametrize("how", ["missing", "truncated", "flipped"])
def test_damage_of_a_state_file_is_found(storage: CheckpointStorage, how: str) -> None:
    # without channels: what is behind the keyed state in the file is the list state
    found = write_checkpoint(storage, 1, Vertex("a"), lists={"l": ListSnapshot("split", [1])})
    path = storage.locate(found.directory, written_file(found))
    damaged(storage, path, how)
    with pytest.raises(CheckpointUnusable, match="missing" if how == "missing" else "truncated|damaged") as caught:
        read_restore(storage, found, graph(Vertex("a")), A, 0)
    assert caught.value.path == path


def test_damage_of_a_key_group_is_found_while_it_is_read(storage: CheckpointStorage) -> None:
    found = write_checkpoint(storage, 1, Vertex("a"), group_bytes=100)
    path = storage.locate(found.directory, written_file(found))
    data = bytearray(storage.read_file(path))
    data[100 * 64 + 5] ^= 1
    storage.write(path, bytes(data))
    restored = read_restore(storage, found, graph(Vertex("a")), A, 0)
    groups = restored.operators[A].keyed[0].groups
    assert groups is not None
    with pytest.raises(CheckpointUnusable, match="the checksum of key group 64 differs"):
        list(groups)


def test_a_snapshot_that_is_cancelled_leaves_nothing(storage: CheckpointStorage, tmp_path: Path) -> None:
    keyed = Keyed(dict.fromkeys(range(100), b"x" * 100000))
    files = native_files(tmp_path / "native", {"1.sst": b"s" * 3_000_000}, {"MANIFEST": b"m" * 3_000_000})
    native = Keyed({}, files)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 20

    options = CheckpointOptions(directory=storage.checkpoint_directory(1))
    operators = {operator_id("b"): OperatorSnapshot(native), A: OperatorSnapshot(keyed)}
    with pytest.raises(SnapshotCancelled):
        write_subtask_state(storage, options, 1, A, 0, 0, operators, cancelled=cancelled)
    assert asked == 21
    assert files_below(storage, storage.directory) == set()
    assert (keyed.released, native.released) == (1, 1)


def test_incremental_checkpoints_upload_what_is_new(storage: CheckpointStorage, tmp_path: Path) -> None:
    def write(checkpoint: int, shared: dict[str, bytes], base: SubtaskState | None) -> SubtaskState:
        own = {"CURRENT": b"MANIFEST-%d" % checkpoint, "sub/MANIFEST": b"manifest %d" % checkpoint}
        keyed = Keyed({}, native_files(tmp_path / str(checkpoint), shared, own))
        options = CheckpointOptions(directory=storage.checkpoint_directory(checkpoint))
        return write_subtask_state(
            storage, options, checkpoint, A, 0, 0, {A: OperatorSnapshot(keyed)}, base=base, key_groups=range(128)
        )

    first = write(1, {"1.sst": b"one" * 100, "2.sst": b"two" * 100}, None)
    second = write(2, {"2.sst": b"two" * 100, "3.sst": b"three" * 100}, first)
    third = write(3, {"3.sst": b"another of that name"}, second)
    assert first.new_bytes == first.size > 600
    assert second.size - second.new_bytes == 300
    assert third.new_bytes == third.size
    uploaded = [name for name in files_below(storage, storage.directory) if name.startswith("shared/")]
    assert sorted(name.split("/")[1].split("-")[0] for name in uploaded) == ["1", "1", "2", "3"]

    vertex = Vertex("a")
    storage.write_metadata(storage.checkpoint_directory(2), metadata(vertex.state([second]), checkpoint=2))
    found = storage.read_metadata(storage.checkpoint_directory(2))
    storage.sweep([found], upto=3)
    restored = read_restore(storage, found, graph(vertex), A, 0, tmp_path)
    assert restored.base == second
    (part,) = restored.operators[A].keyed
    assert part.native is not None
    assert (part.start, part.stop) == (0, 128)
    assert part.native.shared == {"2.sst", "3.sst"}
    content = {
        p.relative_to(part.native.folder).as_posix(): p.read_bytes()
        for p in part.native.folder.rglob("*")
        if p.is_file()
    }
    assert content == {
        "2.sst": b"two" * 100,
        "3.sst": b"three" * 100,
        "CURRENT": b"MANIFEST-2",
        "sub/MANIFEST": b"manifest 2",
    }


def test_metadata_is_not_written_where_a_shared_file_is_gone(storage: CheckpointStorage, tmp_path: Path) -> None:
    keyed = Keyed({}, native_files(tmp_path / "n", {"1.sst": b"one"}, {}))
    options = CheckpointOptions(directory=storage.checkpoint_directory(1))
    state = write_subtask_state(storage, options, 1, A, 0, 0, {A: OperatorSnapshot(keyed)})
    storage.sweep([], upto=1)
    with pytest.raises(CheckpointUnusable, match=r"shared/1-.*the file is missing"):
        storage.write_metadata(options.directory, metadata(Vertex("a").state([state])))
    assert files_below(storage, storage.directory) == set()


def test_a_savepoint_is_self_contained_and_can_be_moved(storage: CheckpointStorage, tmp_path: Path) -> None:
    base = storage.directory + "/savepoints"
    directory = storage.savepoint_directory(base)
    native = native_files(tmp_path / "n", {"1.sst": b"one"}, {})
    vertex = Vertex("a")
    options = CheckpointOptions(directory=directory, savepoint=True)
    keyed = Keyed({5: b"five" * 1000}, native)
    state = write_subtask_state(storage, options, 4, A, 0, 0, {A: OperatorSnapshot(keyed)}, key_groups=range(128))
    storage.write_metadata(directory, metadata(vertex.state([state]), savepoint=True))
    assert storage.list(storage.shared_directory) == {}
    moved = storage.directory + "/elsewhere/renamed"
    for name in files_below(storage, directory):
        storage.write(f"{moved}/{name}", storage.read_file(f"{directory}/{name}"))
    storage.discard(directory)
    found = storage.read_metadata(moved)
    (part,) = read_restore(storage, found, graph(vertex), A, 0).operators[A].keyed
    assert part.groups is not None
    assert dict(part.groups) == {5: b"five" * 1000}


def test_discarding_is_repeatable_and_touches_only_checkpoints(storage: CheckpointStorage) -> None:
    for checkpoint in (1, 2):
        write_checkpoint(storage, checkpoint, Vertex("a"))
    storage.write(storage.directory + "/notes", b"mine")
    for _ in range(2):
        storage.discard(storage.checkpoint_directory(1))
    for other in (storage.directory, storage.directory + "/notes", storage.shared_directory, "/chk-2", "s3://b/chk-2"):
        with pytest.raises(CheckpointStorageError, match="it is no checkpoint folder of job"):
            storage.discard(other)
    assert files_below(storage, storage.directory) == {"notes", "chk-2/_metadata", f"chk-2/{A}-0-0"}


def test_several_discard_a_checkpoint_that_is_being_written(storage: CheckpointStorage) -> None:
    errors: list[BaseException] = []
    directory = storage.checkpoint_directory(1)

    def upload() -> None:
        for number in range(40):
            with contextlib.suppress(CheckpointStorageError):  # its folder went while it was being written
                storage.write(f"{directory}/late-{number}", b"x")

    def discard() -> None:
        try:
            for _ in range(10):
                storage.discard(directory)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, daemon=True) for work in (upload, discard, discard, discard)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    storage.discard(directory)
    assert errors == []
    assert files_below(storage, storage.directory) == set()


def test_the_mirror_keeps_the_latest(storage: CheckpointStorage) -> None:
    assert storage.read_mirror() is None
    path = storage.metadata_path(storage.checkpoint_directory(5))
    assert storage.write_mirror(2, 5, path, {"completed": 5})
    assert storage.write_mirror(2, 5, path, {"completed": 5})
    assert not storage.write_mirror(1, 9, path, {})
    assert not storage.write_mirror(2, 4, path, {})
    found = storage.read_mirror()
    assert found is not None
    assert (found.epoch, found.checkpoint, found.path, found.counters) == (2, 5, path, {"completed": 5})
    assert storage.write_mirror(3, 4, path, {})
    storage.write(storage.directory + "/pointer", b"{")
    with pytest.raises(CheckpointUnusable, match="pointer: damaged"):
        storage.read_mirror()
    assert storage.write_mirror(3, 6, path, {})


def test_a_job_that_is_over_leaves_nothing(storage: CheckpointStorage) -> None:
    write_checkpoint(storage, 1, Vertex("a"))
    storage.write_mirror(1, 1, storage.metadata_path(storage.checkpoint_directory(1)), {})
    storage.sweep([], upto=1)
    storage.remove_job()
    storage.remove_job()
    assert files_below(storage, storage.directory) == set()
    assert not storage.exists(storage.directory)


def test_threads_share_an_instance(storage: CheckpointStorage) -> None:
    found = write_checkpoint(storage, 1, Vertex("a"), group_bytes=1000)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            write_vertex(storage, Vertex("a"), 10 + number)
            for _ in range(3):
                (part,) = read_restore(storage, found, graph(Vertex("a")), A, 0).operators[A].keyed
                assert part.groups is not None
                assert dict(part.groups) == {g: group_state(g, 1000) for g in range(128)}
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
