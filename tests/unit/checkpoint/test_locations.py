"""Spellings of paths."""

from pathlib import Path

import pytest

from penstock.checkpoint import locations, names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/a/b/", "/a/b"),
        ("file:///a/b", "/a/b"),
        ("file:/a/b/", "/a/b"),
        ("/a/../b/./c", "/b/c"),
        ("s3://bucket/a/../b/", "s3://bucket/b"),
        ("S3://bucket", "s3://bucket"),
        ("memory:///a//b", "memory:///a/b"),
    ],
)
def test_one_spelling(given: str, expected: str) -> None:
    assert locations.normalized(given) == expected


def test_a_relative_path_begins_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locations.normalized("checkpoints") == f"{tmp_path}/checkpoints"


def test_an_empty_path_is_none() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        locations.normalized(" ")


@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [
        ("/job/chk-1", "../shared/1-a", "/job/shared/1-a"),
        ("s3://b/job/chk-1", "../shared/1-a", "s3://b/job/shared/1-a"),
        ("/job/chk-1", "/elsewhere/x", "/elsewhere/x"),
        ("/job/chk-1", "s3://b/x", "s3://b/x"),
    ],
)
def test_join(folder: str, name: str, expected: str) -> None:
    assert locations.join(folder, name) == expected


@pytest.mark.parametrize("root", ["/data/job", "s3://b/job", "memory://x/job"])
def test_relative_is_the_reverse_of_join(root: str) -> None:
    relative = locations.relative(f"{root}/shared/1-a", f"{root}/chk-3")
    assert relative == "../shared/1-a"
    assert locations.join(f"{root}/chk-3", relative) == f"{root}/shared/1-a"
    assert locations.relative("/other/file", "s3://b/job") == "/other/file"


def test_is_within() -> None:
    assert locations.is_within("/a/b", "/a")
    assert not locations.is_within("/ab", "/a")
    assert not locations.is_within("/a", "/a")


def test_a_name_tells_its_checkpoint() -> None:
    assert names.checkpoint_of_folder("chk-12") == 12
    assert names.checkpoint_of_shared_file(names.new_shared_file(12)) == 12
    assert names.is_savepoint_folder(names.savepoint_folder("0123456789abcdef"))
    for other in ("chk-", "chk-1x", "xchk-1", "savepoint-1", "12-abc"):
        assert names.checkpoint_of_folder(other) is None
        assert names.checkpoint_of_shared_file(other) is None
        assert not names.is_savepoint_folder(other)
