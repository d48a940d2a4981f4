"""Writing one subtask's state."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.checkpoint.errors import CheckpointStorageError, StateNotSerializable
from penstock.checkpoint.handles import FileHandle, InlineHandle, KeyedHandle, StateMeta
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.restore import read_restore
from penstock.checkpoint.state_files import handles_of, write_subtask_state
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.state.snapshot import ListSnapshot, NativeFiles, OperatorSnapshot
from tests.checkpoints import (
    JOB,
    Keyed,
    Vertex,
    files_below,
    graph,
    metadata,
    operator_id,
    storage_at,
    write_checkpoint,
    write_vertex,
)

A = operator_id("a")


@pytest.fixture
def storage(tmp_path: Path) -> CheckpointStorage:
    return storage_at(str(tmp_path / "checkpoints"))


def options(storage: CheckpointStorage, *, savepoint: bool = False, full: bool = False) -> CheckpointOptions:
    return CheckpointOptions(directory=storage.checkpoint_directory(1), savepoint=savepoint, full=full)


def test_nothing_makes_no_file(storage: CheckpointStorage) -> None:
    state = write_subtask_state(storage, options(storage), 1, A, 0, 0, {A: OperatorSnapshot()}, ended=True)
    assert (state.operators, state.channels, state.ended, state.size, state.new_bytes) == ({}, None, True, 0, 0)
    assert files_below(storage, storage.directory) == set()


@pytest.mark.parametrize(("size", "inline"), [(1000, True), (1001, False)])
def test_the_threshold_is_for_the_whole_subtask(storage: CheckpointStorage, size: int, inline: bool) -> None:
    keyed = Keyed({3: b"x" * (size - 500)})
    state = write_subtask_state(
        storage, options(storage), 1, A, 0, 0, {A: OperatorSnapshot(keyed)}, b"c" * 500, threshold=1000
    )
    assert {type(handle) for handle in handles_of(state)} == {InlineHandle if inline else FileHandle}
    assert len(files_below(storage, storage.directory)) == (0 if inline else 1)
    assert (state.size, state.new_bytes) == (size, size)


def test_compressed_state_is_smaller_and_the_same(tmp_path: Path) -> None:
    lists = {"l": ListSnapshot("split", ["a" * 1000])}
    sizes = {}
    for compression in ("false", "true"):
        storage = storage_at(str(tmp_path / compression), {"execution.checkpointing.snapshot-compression": compression})
        found = write_checkpoint(storage, 1, Vertex("a"), group_bytes=1000, lists=lists)
        sizes[compression] = found.vertices[0].subtasks[0].size
        # whoever reads it needs no setting
        restored = read_restore(storage_at(str(tmp_path)), found, graph(Vertex("a")), A, 0)
        (part,) = restored.operators[A].keyed
        assert part.groups is not None
        assert all(data == (b"%d;" % group * 1000)[:1000] for group, data in part.groups)
        assert restored.operators[A].lists == {"l": ["a" * 1000]}
    assert sizes["true"] < sizes["false"] / 10


def test_only_the_owned_key_groups_are_read(storage: CheckpointStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = write_checkpoint(storage, 1, Vertex("a"), group_bytes=1000)
    read: list[tuple[int, int | None]] = []
    read_file = CheckpointStorage.read_file

    def counted(self: CheckpointStorage, path: str, offset: int = 0, size: int | None = None) -> bytes:
        read.append((offset, size))
        return read_file(self, path, offset, size)

    monkeypatch.setattr(CheckpointStorage, "read_file", counted)
    restored = read_restore(storage, found, graph(Vertex("a", 4)), A, 1)
    read.clear()  # what channels took
    groups = restored.operators[A].keyed[0].groups
    assert groups is not None
    assert read == []
    assert [group for group, _ in groups] == list(range(32, 64))
    assert read == [(32 * 1000, 32 * 1000)]


def test_a_savepoint_and_a_full_checkpoint_are_portable(storage: CheckpointStorage, tmp_path: Path) -> None:
    files = NativeFiles("rocksdb", tmp_path, frozenset())
    for how in ({"savepoint": True}, {"full": True}):
        snapshot = OperatorSnapshot(Keyed({1: b"one"}, files))
        state = write_subtask_state(storage, options(storage, **how), 1, A, 0, 0, {A: snapshot})
        assert isinstance(state.operators[A].keyed, KeyedHandle)


def test_state_that_cannot_be_pickled_is_named(storage: CheckpointStorage) -> None:
    keyed = Keyed({1: b"x" * 100})
    bad = OperatorSnapshot(keyed, {"locks": ListSnapshot("split", [1, threading.Lock()])})
    with pytest.raises(
        StateNotSerializable, match=r"state 'locks' of operator Totals: an item of type lock cannot be pickled"
    ):
        write_subtask_state(storage, options(storage), 1, A, 0, 0, {A: bad}, names_of={A: "Totals"})
    assert files_below(storage, storage.directory) == set()
    assert keyed.released == 1


def test_an_error_of_a_snapshot_leaves_nothing_and_releases_all(storage: CheckpointStorage) -> None:
    class Broken(Keyed):
        def groups(self) -> Iterator[tuple[int, bytes]]:
            yield 1, b"x" * 100
            raise RuntimeError("user's __reduce__")

        def release(self) -> None:
            super().release()
            raise OSError("gone already")

    broken, good = Broken({}), Keyed({})
    operators = {A: OperatorSnapshot(broken), operator_id("b"): OperatorSnapshot(good)}
    with pytest.raises(RuntimeError, match="user's __reduce__"):
        write_subtask_state(storage, options(storage), 1, A, 0, 0, operators)
    assert files_below(storage, storage.directory) == set()
    assert (broken.released, good.released) == (1, 1)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    storage = storage_at(str(tmp_path / "file"))
    with pytest.raises(CheckpointStorageError, match=rf"cannot write {tmp_path}/file/.*/chk-1/.*: .*xists|directory"):
        write_vertex(storage, Vertex("a"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointStorageError, match="Permission denied"):
        write_vertex(storage_at(str(tmp_path)), Vertex("a"))


def test_a_full_disk_is_told_and_leaves_nothing(storage: CheckpointStorage) -> None:
    """In a process that may write files of 1 MB at most, which the kernel answers as it does a full disk."""
    program = textwrap.dedent(
        f"""
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        from penstock.checkpoint.errors import CheckpointStorageError
        from tests.checkpoints import Vertex, storage_at, write_vertex, files_below
        storage = storage_at({str(Path(storage.directory).parent)!r})
        try:
            write_vertex(storage, Vertex("a"), group_bytes=100_000)
        except CheckpointStorageError as error:
            print(error.path, error)
        assert files_below(storage, storage.directory) == set(), files_below(storage, storage.directory)
        """
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=100
    )
    assert said.returncode == 0, said.stderr
    path = f"{storage.checkpoint_directory(1)}/{A}-0-0"
    assert said.stdout.strip() == f"{path} cannot write {path}: File too large"


def test_large_state_passes_through_little_memory(tmp_path: Path) -> None:
    """200 MB out and in again, in a process whose memory is measured."""
    program = textwrap.dedent(
        f"""
        import resource
        from penstock.checkpoint.options import CheckpointOptions
        from penstock.checkpoint.restore import read_restore
        from penstock.checkpoint.state_files import write_subtask_state
        from penstock.state.snapshot import OperatorSnapshot
        from tests.checkpoints import Keyed, Vertex, graph, metadata, operator_id, storage_at

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

        class Large(Keyed):
            def groups(self):
                for group in range(128):
                    yield group, bytes([group]) * 1_600_000

        A = operator_id("a")
        storage = storage_at({str(tmp_path)!r})
        before = peak()
        options = CheckpointOptions(directory=storage.checkpoint_directory(1))
        state = write_subtask_state(storage, options, 1, A, 0, 0, {{A: OperatorSnapshot(Large({{}}))}})
        storage.write_metadata(options.directory, metadata(Vertex("a").state([state])))
        found = storage.read_metadata(options.directory)
        (part,) = read_restore(storage, found, graph(Vertex("a")), A, 0).operators[A].keyed
        count = 0
        for group, data in part.groups:
            assert data == bytes([group]) * 1_600_000
            count += len(data)
        assert count == state.size == 204_800_000
        print(peak() - before)
        """
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=100
    )
    assert said.returncode == 0, said.stderr
    assert int(said.stdout) < 60, f"{said.stdout} MB more"


def test_where_checkpoints_go() -> None:
    def directory(**settings: str) -> str:
        return CheckpointStorage.of(
            Configuration({k.replace("__", "."): v for k, v in settings.items()}), JOB
        ).directory

    checkpoints, storage_dir = "execution.checkpointing.dir", "penstock.storage.dir"
    assert directory(**{checkpoints: "file:///c", storage_dir: "/s"}) == f"/c/{JOB}"
    assert directory(**{storage_dir: "/s"}) == f"/s/checkpoints/{JOB}"
    assert directory(**{"state.checkpoints.dir": "s3://b/c"}) == f"s3://b/c/{JOB}"
    assert directory(**{checkpoints: "/c", "execution.checkpointing.create-subdir": "false"}) == "/c"
    with pytest.raises(CheckpointStorageError, match=r"set execution\.checkpointing\.dir or penstock\.storage\.dir"):
        directory()


def test_where_savepoints_go(storage: CheckpointStorage) -> None:
    assert storage.savepoint_directory("/s", "0" * 12) == f"/s/savepoint-{JOB[:6]}-000000000000"
    assert storage.savepoint_directory("/s") != storage.savepoint_directory("/s")
    with pytest.raises(CheckpointStorageError, match=r"name one, or set execution\.checkpointing\.savepoint-dir"):
        storage.savepoint_directory()
    configured = storage_at("/c", {"state.savepoints.dir": "s3://b/s"})
    assert configured.savepoint_directory().startswith(f"s3://b/s/savepoint-{JOB[:6]}-")


def test_a_file_system_without_its_package_says_which(storage: CheckpointStorage) -> None:
    with pytest.raises(CheckpointStorageError, match=r"gs://b/f: gs:// needs a package.*pip install 'gcsfs'"):
        storage.write("gs://b/f", b"")
    with pytest.raises(CheckpointStorageError, match="there is no file system for nothing://"):
        storage.write("nothing://b/f", b"")


def test_a_restored_state_meta_is_what_was_declared(storage: CheckpointStorage) -> None:
    meta = StateMeta(kind="list", type_info="LONG", schema=b"s")
    vertex = write_vertex(storage, Vertex("a"), lists={"l": ListSnapshot("split", [], meta)})
    storage.write_metadata(storage.checkpoint_directory(1), metadata(vertex))
    found = storage.read_metadata(storage.checkpoint_directory(1))
    operator = read_restore(storage, found, graph(Vertex("a")), A, 0).operators[A]
    assert operator.list_states == {"l": meta}
    assert operator.keyed[0].states["total"].type_info == "INT"
