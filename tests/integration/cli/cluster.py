"""The command line on one `--dir`, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK")}


class Cluster:
    """The command line on one `--dir`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, command: str, *options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "penstock", "cluster", command, "--dir", str(self.folder), *options],
            capture_output=True,
            text=True,
            timeout=100,
            cwd=self.folder.parent,
            env=clean_environment(),
            check=False,
        )

    def start(self, *options: str) -> None:
        done = self("start", "--rest-port", "0", *options)
        assert done.returncode == 0, done.stderr

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return found

    def pids(self) -> dict[str, int]:
        return {p["id"]: p["pid"] for p in self.status()["processes"] if p["service"] != "slot"}

    def slots(self) -> list[int]:
        return [p["pid"] for p in self.status()["processes"] if p["service"] == "slot"]
