"""Checkpoint files and metadata that the cluster did not write: refused before anything of them is unpickled."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import xxhash

from penstock.checkpoint import metadata_file
from penstock.checkpoint.handles import FileHandle, InlineHandle, KeyedHandle, StateHandle
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.metadata_reading import read_metadata
from penstock.checkpoint.state_files import handles_of
from penstock.checkpoint.stored_files import StoredFiles
from penstock.client.cluster.settings import ClusterSettings
from penstock.client.config import Configuration
from tests.integration.cluster.local_cluster import LocalCluster
from tests.integration.cluster.test_savepoints import JOB, LAST, expected, penstock, submitted, written
from tests.integration.security.bomb import bomb

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def saved(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A savepoint of half of a counting job, and beside it what that half has written."""
    folder = tmp_path_factory.mktemp("saved")
    job = submitted(cluster, folder / "out", "-p", "2")
    return Path(penstock(cluster, "stop", "-p", str(folder / "savepoints"), job)["path"])


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """Of the savepoint; `out` beside it."""
    return copied(saved, tmp_path)


def copied(saved: Path, where: Path) -> Path:
    shutil.copytree(saved.parents[1] / "out", where / "out")
    shutil.copytree(saved, where / saved.name)
    return where / saved.name


def resumed(cluster: LocalCluster, path: Path, out: Path, check: bool = False) -> tuple[int, str]:
    done = cluster.run(JOB, str(out), str(LAST), "0", options=("-p", "2", "-s", str(path)), check=check)
    return done.returncode, done.stdout + done.stderr


def configuration(settings: ClusterSettings) -> Configuration:
    return Configuration({k: v for k, v in settings.configuration.items() if k.startswith("penstock.secret")})


def unsigned(metadata: CheckpointMetadata, change: Callable[[StateHandle], StateHandle]) -> bytes:
    """The metadata file without a seal, its handles changed."""
    vertices = []
    for vertex in metadata.vertices:
        subtasks = []
        for state in vertex.subtasks:
            operators = {}
            for operator, handle in state.operators.items():
                keyed = handle.keyed
                if isinstance(keyed, KeyedHandle):
                    changed = change(keyed.handle)
                    groups = dict.fromkeys(list(keyed.groups)[:1], (0, changed.size, 0))
                    if isinstance(changed, InlineHandle):
                        groups = {g: (0, changed.size, xxhash.xxh3_64_intdigest(changed.data)) for g in groups}
                    keyed = msgspec.structs.replace(keyed, handle=changed, groups=groups)
                lists = {n: msgspec.structs.replace(i, handle=change(i.handle)) for n, i in handle.lists.items()}
                operators[operator] = msgspec.structs.replace(handle, keyed=keyed, lists=lists)
            subtasks.append(msgspec.structs.replace(state, operators=operators))
        vertices.append(msgspec.structs.replace(vertex, subtasks=tuple(subtasks)))
    return metadata_file.encode(msgspec.structs.replace(metadata, vertices=tuple(vertices)))


def test_it_is_good_as_it_is(cluster: LocalCluster, copy: Path) -> None:
    status, said = resumed(cluster, copy, copy.parent / "out", check=True)
    assert status == 0 and written(copy.parent / "out") == expected(), said


def test_forged_metadata(cluster: LocalCluster, settings: ClusterSettings, copy: Path, tmp_path: Path) -> None:
    target = tmp_path / "bomb"
    metadata = read_metadata(StoredFiles(configuration(settings)), str(copy))
    (copy / "_metadata").write_bytes(unsigned(metadata, lambda handle: InlineHandle(data=bomb(target))))
    status, said = resumed(cluster, copy, copy.parent / "out")
    assert status != 0 and "refused: not sealed with the cluster secret" in said and "penstock sign" in said, said
    assert not target.exists()


def test_a_changed_byte_of_the_metadata(cluster: LocalCluster, copy: Path) -> None:
    data = bytearray((copy / "_metadata").read_bytes())
    data[-10] ^= 1
    (copy / "_metadata").write_bytes(data)
    status, said = resumed(cluster, copy, copy.parent / "out")
    assert status != 0 and "the seal does not fit" in said, said


def test_a_forged_state_file(cluster: LocalCluster, settings: ClusterSettings, tmp_path: Path) -> None:
    """The metadata is ours; every section of the state files is a bomb of the same length."""
    target, first = tmp_path / "bomb", tmp_path / "first"
    job = submitted(cluster, first / "out", "-p", "2", "-D", "execution.checkpointing.data-inline-threshold=0")
    saved = Path(penstock(cluster, "stop", "-p", str(first / "savepoints"), job)["path"])
    copy = copied(saved, tmp_path)
    metadata = read_metadata(StoredFiles(configuration(settings)), str(copy))
    handles = [h for vertex in metadata.vertices for state in vertex.subtasks for h in handles_of(state)]
    files = [handle for handle in handles if isinstance(handle, FileHandle)]
    assert files
    for handle in files:
        content = bytearray((copy / handle.path).read_bytes())
        content[handle.offset : handle.offset + handle.size] = bomb(target).ljust(handle.size, b".")[: handle.size]
        (copy / handle.path).write_bytes(content)
    status, said = resumed(cluster, copy, tmp_path / "out")
    assert status != 0 and "checksum" in said, said
    assert not target.exists()
    status, said = resumed(cluster, saved, tmp_path / "out", check=True)
    assert status == 0 and written(tmp_path / "out") == expected(), said


def test_one_of_before_there_was_a_secret_is_refused_until_it_is_signed(
    cluster: LocalCluster, settings: ClusterSettings, copy: Path
) -> None:
    metadata = read_metadata(StoredFiles(configuration(settings)), str(copy))
    (copy / "_metadata").write_bytes(metadata_file.encode(unsigned_groups(metadata)))
    status, said = resumed(cluster, copy, copy.parent / "out")
    assert status != 0 and "`penstock sign PATH`" in said, said
    signed = cluster.cli("sign", str(copy), "--secret-of", str(cluster.folder)).stdout
    assert "it was signed by nothing" in signed
    status, said = resumed(cluster, copy, copy.parent / "out")
    assert status == 0 and written(copy.parent / "out") == expected(), said


def unsigned_groups(metadata: CheckpointMetadata) -> CheckpointMetadata:
    """With the checksums of a cluster without a secret."""
    vertices = []
    for vertex in metadata.vertices:
        subtasks = []
        for state in vertex.subtasks:
            operators = dict(state.operators)
            for operator, handle in operators.items():
                keyed = handle.keyed
                if isinstance(keyed, KeyedHandle) and isinstance(keyed.handle, InlineHandle):
                    data = keyed.handle.data
                    groups = {
                        g: (at, size, xxhash.xxh3_64_intdigest(data[at : at + size]))
                        for g, (at, size, _) in keyed.groups.items()
                    }
                    operators[operator] = msgspec.structs.replace(
                        handle, keyed=msgspec.structs.replace(keyed, groups=groups)
                    )
            subtasks.append(msgspec.structs.replace(state, operators=operators))
        vertices.append(msgspec.structs.replace(vertex, subtasks=tuple(subtasks)))
    return msgspec.structs.replace(metadata, vertices=tuple(vertices))


def test_inspect_runs_nothing_of_what_it_shows(cluster: LocalCluster, settings: ClusterSettings, copy: Path) -> None:
    target = copy.parent / "bomb"
    metadata = read_metadata(StoredFiles(configuration(settings)), str(copy))
    (copy / "_metadata").write_bytes(unsigned(metadata, lambda handle: InlineHandle(data=bomb(target))))
    cluster.cli("inspect", str(copy), check=False)
    assert not target.exists()
