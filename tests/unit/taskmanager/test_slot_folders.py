"""Temporary files of a slot's process go with it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from penstock_taskmanager.slot_folders import PREFIX, SlotFolders


def bases(root: Path) -> list[Path]:
    return sorted(root.glob(f"{PREFIX}*"))


def test_what_a_process_makes_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    folders = SlotFolders(str(tmp_path))
    folders.enter()
    made = Path(tempfile.mkdtemp(prefix="rocksdb-"))
    (made / "file").touch()
    assert made.parent.name == str(os.getpid())
    assert made.parent.parent in bases(tmp_path)
    folders.remove(os.getpid() + 1)
    assert made.exists()
    folders.remove(os.getpid())
    assert not made.exists()
    folders.close()
    assert bases(tmp_path) == []


def test_what_a_killed_taskmanager_left_is_removed_by_the_next(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, tempfile\n"
        "from penstock_taskmanager.slot_folders import SlotFolders\n"
        f"folders = SlotFolders({str(tmp_path)!r})\n"
        "folders.enter(); tempfile.mkdtemp(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    (left,) = bases(tmp_path)
    assert len(list(left.iterdir())) == 2
    living = SlotFolders(str(tmp_path))
    assert not left.exists()
    after = SlotFolders(str(tmp_path))
    assert len(bases(tmp_path)) == 2, "of the living nothing is taken"
    for folders in (living, after):
        folders.close()


def test_a_folder_that_is_being_made_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}new").mkdir()
    SlotFolders(str(tmp_path)).close()
    assert [folder.name for folder in bases(tmp_path)] == [f"{PREFIX}new"]


def test_a_slot_process_cannot_close_what_is_its_parents(tmp_path: Path) -> None:
    folders = SlotFolders(str(tmp_path))
    if (child := os.fork()) == 0:
        folders.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(bases(tmp_path)) == 1
    folders.close()
