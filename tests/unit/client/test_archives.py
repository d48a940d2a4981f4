"""`add_python_archive`: found by relative paths in functions, in this process and in a slot."""

import os
import zipfile
from pathlib import Path

import pytest

from penstock.client.archives import FOLDER, packaged
from penstock.client.packaging import build_package
from penstock.client.program_error import PackagingError
from penstock.common import Configuration
from penstock.datastream import StreamExecutionEnvironment
from penstock.runtime.user_code import UserCode


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("words/hello.txt", "hello")
    return path


def read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize(("target", "folder"), [(None, "data.zip"), ("mine", "mine")])
def test_functions_of_a_local_job_read_it(archive: Path, target: str | None, folder: str) -> None:
    before = Path.cwd()
    env = StreamExecutionEnvironment(Configuration())
    env.add_python_archive(str(archive), target)
    with env.from_collection([f"{folder}/words/hello.txt"]).map(read).execute_and_collect() as results:
        for result in results:
            assert result == "hello"
            assert Path.cwd() == before
    assert Path.cwd() == before


def test_it_travels_with_the_package(archive: Path, tmp_path: Path) -> None:
    package = build_package(None, None, (), f"{archive},{archive}#again")
    assert package is not None
    before = Path.cwd()
    code = UserCode(tmp_path / "slot", package, ())
    try:
        assert Path.cwd().name == FOLDER
        assert (read("data.zip/words/hello.txt"), read("again/words/hello.txt")) == ("hello", "hello")
    finally:
        code.remove()
    assert Path.cwd() == before


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    env = StreamExecutionEnvironment(Configuration())
    with pytest.raises(FileNotFoundError, match=r"there is no nowhere\.zip"):
        env.add_python_archive("nowhere.zip")
    text = tmp_path / "text.zip"
    text.write_text("no zip")
    with pytest.raises(PackagingError, match=r"text\.zip: not a zip"):
        packaged(str(text))
    with pytest.raises(PackagingError, match=r"nowhere\.zip does not exist"):
        packaged("nowhere.zip")
    for target in ("", "..", f"a{os.sep}b"):
        with pytest.raises(ValueError, match="name of a folder"):
            env.add_python_archive(str(text), target)
