"""Signing what was written without a secret, or with another, in every form that state has; and refusing it before."""

from pathlib import Path

import pytest

from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import FileHandle
from penstock.checkpoint.inspection import summary
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.mirror import read_mirror
from penstock.checkpoint.resigning import sign
from penstock.checkpoint.restore import read_restore
from penstock.checkpoint.state_files import handles_of
from penstock.checkpoint.storage import CheckpointStorage
from penstock.state.snapshot import ListSnapshot
from tests.checkpoints import Vertex, graph, operator_id, storage_at, write_checkpoint
from tests.unit.checkpoint.test_inspection import written
from tests.unit.state.backends import FORMS

A = operator_id("a")
OURS = {"penstock.secret": "the secret of the cluster"}
OTHERS = {"penstock.secret": "that of another cluster"}
BOTH = {**OURS, "penstock.secret.trusted": OTHERS["penstock.secret"]}


def problems(storage: CheckpointStorage, metadata: CheckpointMetadata) -> list[str]:
    return summary(storage, storage.read_metadata(metadata.directory)).problems


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("savepoint", [False, True])
@pytest.mark.parametrize("before", [{}, OTHERS], ids=["unsigned", "another secret"])
def test_signed_once_it_is_ours(tmp_path: Path, kind: str, savepoint: bool, before: dict[str, str]) -> None:
    base = str(tmp_path / "checkpoints")
    made = written(storage_at(base, {**before, "execution.checkpointing.savepoint-dir": base}), kind, savepoint)
    ours, both = storage_at(base, OURS), storage_at(base, BOTH)
    with pytest.raises(CheckpointUnusable, match="refused"):
        ours.read_metadata(made.directory)
    _, by = sign(both if before else ours, made.directory)
    assert by == ("a trusted secret" if before else "nothing")
    assert problems(ours, made) == []
    with pytest.raises(CheckpointUnusable, match=r"penstock\.secret"):
        storage_at(base).read_metadata(made.directory)


def test_key_groups_are_read_one_by_one_and_each_is_checked(tmp_path: Path) -> None:
    base = str(tmp_path / "checkpoints")
    ours = storage_at(base, OURS)
    made = write_checkpoint(ours, 1, Vertex("a"), group_bytes=1000, lists={"l": ListSnapshot("split", ["x"])})
    (part,) = read_restore(ours, made, graph(Vertex("a", 4)), A, 1).operators[A].keyed
    assert part.groups is not None and len(list(part.groups)) == 32
    (file,) = {h.path for h in handles_of(made.vertices[0].subtasks[0]) if isinstance(h, FileHandle)}
    path = Path(made.directory, file)
    content = bytearray(path.read_bytes())
    content[40 * 1000 + 5] ^= 1
    path.write_bytes(content)
    (part,) = read_restore(ours, made, graph(Vertex("a", 4)), A, 1).operators[A].keyed
    assert part.groups is not None
    with pytest.raises(CheckpointUnusable, match="key group 40"):
        list(part.groups)
    (part,) = read_restore(ours, made, graph(Vertex("a", 4)), A, 2).operators[A].keyed
    assert part.groups is not None and len(list(part.groups)) == 32  # the others are good


def test_a_damaged_one_is_not_signed(tmp_path: Path) -> None:
    base = str(tmp_path / "checkpoints")
    made = write_checkpoint(storage_at(base), 1, Vertex("a"), group_bytes=1000)
    (file,) = {h.path for h in handles_of(made.vertices[0].subtasks[0]) if isinstance(h, FileHandle)}
    path, metadata = Path(made.directory, file), Path(made.directory, "_metadata")
    before = metadata.read_bytes()
    content = path.read_bytes()
    for damaged in (b"x" + content[1:], content[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointUnusable, match=r"damaged|truncated"):
            sign(storage_at(base, OURS), made.directory)
    assert metadata.read_bytes() == before


def test_what_cannot_be_signed(tmp_path: Path) -> None:
    base = str(tmp_path / "checkpoints")
    made = write_checkpoint(storage_at(base, OTHERS), 1, Vertex("a"))
    with pytest.raises(CheckpointUnusable, match="sealed with another secret"):
        sign(storage_at(base, OURS), made.directory)
    with pytest.raises(ValueError, match="no secret to sign with"):
        sign(storage_at(base), made.directory)


def test_a_forged_mirror_is_refused(tmp_path: Path) -> None:
    base = str(tmp_path / "checkpoints")
    ours = storage_at(base, OURS)
    assert ours.write_mirror(3, 7, f"{ours.checkpoint_directory(7)}/_metadata", {})
    found = read_mirror(ours)
    assert found is not None and (found.epoch, found.checkpoint) == (3, 7)
    file = Path(ours.directory, "pointer")
    file.write_text(file.read_text().replace('"checkpoint": 7', '"checkpoint": 8'))
    with pytest.raises(CheckpointUnusable, match="refused"):
        read_mirror(ours)
    with pytest.raises(CheckpointUnusable, match="refused"):
        read_mirror(storage_at(base))
