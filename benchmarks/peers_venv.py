"""Venvs for peers and tools, each made once and kept outside of the checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: what goes into the venv of each
PACKAGES = {
    "bytewax": ("bytewax==0.21.1",),
    # its sources (avro, pemja) are built with what an older setuptools still has
    "pyflink": ("setuptools<81", "wheel", "apache-flink==2.3.0"),
    "py-spy": ("py-spy>=0.4",),
}


def folder_of_venvs() -> Path:
    """`PENSTOCK_BENCH_CACHE`, or `penstock-bench` in the user's cache."""
    named = os.environ.get("PENSTOCK_BENCH_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "penstock-bench")


def python_of(name: str) -> Path:
    """The interpreter of this venv, which is made where it is missing. RuntimeError with pip's words where it fails."""
    wanted = ", ".join(PACKAGES[name])
    folder = folder_of_venvs() / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    stamp, python = folder / "installed", folder / "bin" / "python"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    for packages in (PACKAGES[name][:-1], PACKAGES[name]):
        if packages:
            _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def site_packages(python: Path) -> Path:
    return next(python.parent.parent.glob("lib/python*/site-packages"))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
