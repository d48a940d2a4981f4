"""Logs in the folder that all processes share."""

import json
import subprocess
import sys
from logging.handlers import RotatingFileHandler, WatchedFileHandler
from pathlib import Path

from penstock.coordination import log_file

PROGRAM = """
import logging, sys
from penstock.coordination.logging import configure_logging

folder = sys.argv[1]
configure_logging("taskmanager", "tm-1", folder=folder)
logging.getLogger("a").warning("of the parent")
configure_logging("slot", "tm-1/7", folder=folder, beside="tm-1")
logging.getLogger("a").warning("of the slot")
"""


def run(folder: Path, stdout: Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    if stdout is None:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    with stdout.open("ab") as file:
        return subprocess.run(command, stdout=file, stderr=subprocess.PIPE, text=True, check=True, timeout=60)


def test_lines_go_to_the_output_and_to_the_file_a_slots_beside_its_taskmanagers(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "logs"
    printed = run(folder).stdout
    for text in (printed, (folder / "tm-1.log").read_text()):
        lines = [json.loads(line) for line in text.splitlines()]
        assert [(line["event"], line["id"]) for line in lines] == [("of the parent", "tm-1"), ("of the slot", "tm-1/7")]


def test_where_the_output_is_that_file_a_line_is_there_once(tmp_path: Path) -> None:
    run(tmp_path, tmp_path / "tm-1.log")
    assert len((tmp_path / "tm-1.log").read_text().splitlines()) == 2


def test_a_folder_that_cannot_be_made_is_told_and_the_process_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "logs")
    assert "env.log.dir" in done.stderr and "cannot be written" in done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_a_file_is_bounded(tmp_path: Path) -> None:
    handler = log_file.file_handler(tmp_path, "tm-1")
    assert isinstance(handler, RotatingFileHandler)
    assert (handler.maxBytes, handler.backupCount) == (log_file.MOST, 1)
    handler.close()
    beside = log_file.file_handler(tmp_path, "tm-1", rotates=False)
    assert isinstance(beside, WatchedFileHandler)
    beside.close()


def test_what_a_slot_prints_is_in_the_log_of_its_taskmanager(tmp_path: Path) -> None:
    """As its lines are, also behind a rotation, and nothing is there twice."""
    program = f"""
import os, sys, structlog
from penstock.coordination.logging import configure_logging
configure_logging("taskmanager", "tm-1", folder={str(tmp_path)!r})
configure_logging("slot", "tm-1/7", folder={str(tmp_path)!r}, beside="tm-1")
print("a line"), print("half of", end=" "), structlog.get_logger().info("ours"), print("a line")
print("to stderr", file=sys.stderr)
os.rename({str(tmp_path / "tm-1.log")!r}, {str(tmp_path / "tm-1.log.1")!r})
configure_logging("slot", "tm-1/8", folder={str(tmp_path)!r}, beside="tm-1")
print("behind it"), sys.stdout.buffer.write(b"")
sys.stdout.flush()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    lines = (tmp_path / "tm-1.log.1").read_text().splitlines()
    assert [line for line in lines if not line.startswith("{")] == ["a line", "half of a line", "to stderr"]
    assert len([line for line in lines if line.startswith("{")]) == 1
    assert (tmp_path / "tm-1.log").read_text() == "behind it\n"
    assert (done.stdout.count("a line"), done.stdout.count("behind it"), done.stderr) == (2, 1, "to stderr\n")
