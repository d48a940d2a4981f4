"""What `pip install penstock` brings: built, installed into an empty venv outside the checkout, and used there."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .declared import make_venv

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[3]
ROOTS = ("shared/penstock", *(f"services/{p.name}" for p in (ROOT / "services").glob("penstock_*")))
IMPORT_ALL = """
import importlib, pkgutil
import celery.concurrency.prefork, kombu.transport.redis
for root in ROOTS:
    for module in pkgutil.walk_packages([importlib.import_module(root).__path__[0]], root + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


def built(target: str, source: Path, folder: Path) -> Path:
    command: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_venv(tmp_path_factory.mktemp("installed") / "venv", wheel)


def run(folder: Path, *command: object) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PENSTOCK", "PYTHON", "PYTEST"))}
    words = list(map(str, command))
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{words} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def source_files() -> set[str]:
    return {
        path.relative_to((ROOT / root).parent).as_posix()
        for root in ROOTS
        for path in (ROOT / root).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == source_files()
    for data in ("py.typed", "client/config/flink_keys.txt", "coordination/lua/commit.lua"):
        assert f"penstock/{data}" in names


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(built("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(built("wheel", source, tmp_path / "wheel")) as theirs:
        assert sorted(ours.namelist()) == sorted(theirs.namelist())


def test_what_is_imported_is_declared(python: Path, tmp_path: Path) -> None:
    names = [Path(root).name for root in ROOTS]
    run(tmp_path, python, "-c", IMPORT_ALL.replace("ROOTS", repr(names)))


@pytest.fixture
def cluster(python: Path, tmp_path: Path) -> Iterator[str]:
    """The address of one that runs from the wheel, in an empty folder."""
    penstock = python.parent / "penstock"
    try:
        run(tmp_path, penstock, "cluster", "start", "--rest-port", "0", "--taskmanagers", "1")
        (url,) = json.loads(run(tmp_path, penstock, "cluster", "status", "--json").stdout)["rest"]
        yield url.removeprefix("http://")
    finally:
        run(tmp_path, penstock, "cluster", "stop")


def test_the_job_of_the_readme_runs(python: Path, cluster: str, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    (tmp_path / "job.py").write_text(found[1])
    here = run(tmp_path, python, "job.py").stdout
    assert "(to,2)" in here and "(question,1)" in here
    there = run(tmp_path, python.parent / "penstock", "run", "-m", cluster, "-p", "2", "job.py").stdout
    assert re.search(r"^Job [0-9a-f]{32} FINISHED in ", there.splitlines()[-1])
    assert {entry.name for entry in tmp_path.iterdir()} == {"job.py", ".penstock"}
