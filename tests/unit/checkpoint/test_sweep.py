"""Which files a sweep leaves."""

from pathlib import Path

import pytest

from penstock.checkpoint.storage import CheckpointStorage
from penstock.checkpoint.sweep import needed
from tests.checkpoints import Vertex, files_below, operator_id, storage_at, write_checkpoint

A = operator_id("a")
DIRECTORY = "/c/job"
NAME = "0" * 32


@pytest.fixture
def storage(tmp_path: Path) -> CheckpointStorage:
    return storage_at(str(tmp_path))


@pytest.mark.parametrize(
    ("creator", "pending", "bases_retained", "stays"),
    [
        (3, [], False, False),
        (3, [6], False, True),  # 6 may build on a checkpoint that was completed and is not retained any more
        (3, [6], True, False),
        (6, [6], True, True),
        (5, [6], False, False),  # was aborted: newer than all that were completed
        (7, [6], False, True),  # none of this sweep's business
    ],
)
def test_a_shared_file_that_no_retained_checkpoint_names(
    storage: CheckpointStorage, creator: int, pending: list[int], bases_retained: bool, stays: bool
) -> None:
    retained = write_checkpoint(storage, 4, Vertex("a"))
    left = needed(storage.directory, [retained], pending, 6, bases_retained)
    assert left.shared_file(f"{storage.shared_directory}/{creator}-{NAME}", creator) is stays


def test_only_what_a_checkpoint_could_have_made_is_removed(storage: CheckpointStorage) -> None:
    write_checkpoint(storage, 1, Vertex("a"))
    kept = ["notes", "chk-x/file", "chk-1a/file", "savepoint-012345-0123456789ab/_metadata", "shared/notes", "pointer"]
    gone = [f"shared/1-{NAME}", f"shared/.tmp-01234567-1-{NAME}", ".tmp-01234567-pointer", "chk-2/.tmp-01234567-x"]
    for name in (*kept, *gone):
        storage.write(f"{storage.directory}/{name}", b"data")
    swept = storage.sweep([], upto=2)
    assert files_below(storage, storage.directory) == set(kept)
    assert len(swept.removed) == 2 + 3
    assert storage.sweep([], upto=2).removed == []


def test_newer_checkpoints_are_left_alone(storage: CheckpointStorage) -> None:
    retained = write_checkpoint(storage, 4, Vertex("a"))
    for checkpoint in (3, 5, 6):
        storage.write(storage.checkpoint_directory(checkpoint) + "/state", b"data")
    storage.sweep([retained], [5])
    assert set(storage.list(storage.directory)) == {"chk-4", "chk-5", "chk-6"}
    storage.sweep([retained], [], upto=6)
    assert set(storage.list(storage.directory)) == {"chk-4"}


def test_files_of_attempts_that_did_not_count_go(storage: CheckpointStorage) -> None:
    retained = write_checkpoint(storage, 4, Vertex("a"))
    storage.write(retained.directory + f"/{A}-0-9", b"zombie")
    storage.sweep([retained])
    assert files_below(storage, storage.directory) == {"chk-4/_metadata", f"chk-4/{A}-0-0"}


def test_a_retained_savepoint_or_checkpoint_elsewhere_keeps_no_folder_here(
    storage: CheckpointStorage, tmp_path: Path
) -> None:
    elsewhere = write_checkpoint(storage_at(str(tmp_path / "other")), 4, Vertex("a"))
    storage.write(storage.checkpoint_directory(4) + "/state", b"data")
    storage.sweep([elsewhere], upto=9)
    assert set(storage.list(storage.directory)) == set()
    assert files_below(storage, elsewhere.directory) == {"_metadata", f"{A}-0-0"}


def test_what_cannot_be_removed_is_told_and_the_rest_goes(
    storage: CheckpointStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for checkpoint in (1, 2):
        write_checkpoint(storage, checkpoint, Vertex("a"))
    discard = CheckpointStorage.discard

    def fails_once(self: CheckpointStorage, directory: str) -> None:
        if directory.endswith("chk-1"):
            from penstock.checkpoint.errors import CheckpointStorageError

            raise CheckpointStorageError("cannot remove", directory, "busy")
        discard(self, directory)

    monkeypatch.setattr(CheckpointStorage, "discard", fails_once)
    swept = storage.sweep([], upto=2)
    assert [str(e) for e in swept.errors] == [f"cannot remove {storage.checkpoint_directory(1)}: busy"]
    assert set(storage.list(storage.directory)) == {"chk-1"}
