"""Crash points: counted, deadly once, inert when unset."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.testing.crash_points import VARIABLE, armed

PROGRAM = """
from penstock.testing.crash_points import reach
reach("after-upload")
reach("after-pointer")
print("alive")
"""


def run(setting: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, VARIABLE: setting}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)


def test_the_first_to_reach_it_dies_and_all_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "reached"
    assert run(f"after-pointer:{file}").returncode == -signal.SIGKILL
    assert run(f"after-pointer:{file}").stdout == "alive\n"
    assert len(file.read_text().splitlines()) == 2


def test_the_nth_dies(tmp_path: Path) -> None:
    setting = f"after-upload:{tmp_path / 'reached'}:2"
    assert [run(setting).returncode for _ in range(3)] == [0, -signal.SIGKILL, 0]


def test_another_point_does_nothing(tmp_path: Path) -> None:
    file = tmp_path / "reached"
    assert run(f"before-upload:{file}").stdout == "alive\n"
    assert not file.exists()


@pytest.mark.parametrize("setting", ["somewhere:/tmp/x", "after-upload", "after-upload:"])
def test_a_malformed_setting_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="expected <point>:<file>"):
        armed(setting)


def test_unset_it_is_an_empty_function() -> None:
    assert armed(None).__code__.co_code == (lambda _: None).__code__.co_code
