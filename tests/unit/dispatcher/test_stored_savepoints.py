"""Savepoints in real storage: what is removed, and what is refused and stays."""

from pathlib import Path

import pytest

from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock_dispatcher.savepoint_files import NotDisposable
from penstock_dispatcher.stored_savepoints import StoredSavepoints

from .replica import JOB

FILES = StoredSavepoints(Configuration())


def stored(folder: Path, *, savepoint: bool = True) -> Path:
    """A folder with a metadata file and one of state."""
    metadata = CheckpointMetadata(
        job=JOB, job_name="word count", checkpoint=4, timestamp=1, savepoint=savepoint, vertices=()
    )
    CheckpointStorage("", "", Configuration()).write_metadata(str(folder), metadata)
    (folder / "state-0").write_bytes(b"x")
    return folder


@pytest.mark.parametrize("form", ["{}", "{}/", "{}/_metadata", "file://{}", "file:{}"])
def test_a_savepoint_goes_with_its_folder(tmp_path: Path, form: str) -> None:
    gone, stays = stored(tmp_path / "savepoint-012345-00112233aabb"), stored(tmp_path / "savepoint-012345-445566778899")
    FILES.dispose(form.format(gone), {JOB})
    assert not gone.exists()
    assert (stays / "state-0").exists()


def test_a_retained_checkpoint_of_a_job_that_has_ended_goes_too(tmp_path: Path) -> None:
    gone = stored(tmp_path / "chk-4", savepoint=False)
    with pytest.raises(NotDisposable, match=f"is a checkpoint of job {JOB}, which has not ended"):
        FILES.dispose(str(gone), {JOB})
    assert (gone / "state-0").exists()
    FILES.dispose(str(gone), set())
    assert not gone.exists()


def test_what_is_no_savepoint_stays(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.png").write_bytes(b"png")
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "_metadata").write_bytes(b"no metadata")
    stored(tmp_path / "moved")
    for path in (tmp_path / "moved", folder, folder / "cat.png", tmp_path / "fake", tmp_path / "nowhere", tmp_path):
        with pytest.raises(NotDisposable, match=str(path)):
            FILES.dispose(str(path), set())
    kept = (folder / "cat.png", tmp_path / "fake" / "_metadata", tmp_path / "moved" / "state-0")
    assert all(file.exists() for file in kept)


def test_a_second_time_there_is_none(tmp_path: Path) -> None:
    gone = stored(tmp_path / "savepoint-012345-00112233aabb")
    FILES.dispose(str(gone), set())
    with pytest.raises(NotDisposable, match="there is no checkpoint or savepoint"):
        FILES.dispose(str(gone), set())
