"""What travels with a job, and how it is made importable in a slot."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from penstock.client import module_files, packaging
from penstock.client.packaging import (
    build_package,
    listed,
    prepare_environment,
    read_requirements,
    unpack_package,
    write_zip,
)
from penstock.client.program_error import PackagingError


def make(folder: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(package: bytes | None) -> set[str]:
    if package is None:
        return set()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return set(archive.namelist())


def test_modules_and_packages_beside_the_script_travel(tmp_path: Path) -> None:
    make(tmp_path, "job.py", "helper.py", "pkg/__init__.py", "pkg/deep/mod.py", "pkg/data.json", "notes.txt")
    assert names(build_package(tmp_path / "job.py", tmp_path)) == {
        "helper.py",
        "pkg/__init__.py",
        "pkg/deep/mod.py",
        "pkg/data.json",
    }


def test_environments_caches_and_hidden_things_stay(tmp_path: Path) -> None:
    make(tmp_path, "job.py", "helper.py", ".hidden.py", ".git/__init__.py", "__pycache__/x.py", "env/__init__.py")
    make(tmp_path, "myenv/__init__.py", "myenv/pyvenv.cfg", "node_modules/__init__.py", "pkg/__init__.py")
    make(tmp_path, "pkg/__pycache__/x.pyc", "pkg/lib.so", "pkg/.cache/x.py")
    found = names(build_package(tmp_path / "job.py", tmp_path))
    assert found == {"helper.py", "pkg/__init__.py"}


def test_in_a_crowded_folder_only_what_is_imported_travels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_files, "MAX_FILES", 3)
    make(tmp_path, *(f"other{n}.py" for n in range(5)), "third.py", "space/inner.py", "pkg/__init__.py", "pkg/a.py")
    make(tmp_path, "helper.py", text="import third")
    make(tmp_path, "job.py", text="import helper, os\ndef f():\n    from pkg.a import x\n    import space.inner\n")
    assert names(build_package(tmp_path / "job.py", tmp_path)) == {
        "helper.py",
        "third.py",
        "space/inner.py",
        "pkg/__init__.py",
        "pkg/a.py",
    }


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        make(tmp_path / folder, "b.py", "a.py", "pkg/__init__.py", text="x = 1")
        make(tmp_path / folder, "job.py")
    first, second = (build_package(tmp_path / f / "job.py", tmp_path / f) for f in ("one", "two"))
    assert first == second is not None


def test_a_lonely_script_needs_no_package(tmp_path: Path) -> None:
    make(tmp_path, "job.py")
    assert build_package(tmp_path / "job.py", tmp_path) is None
    assert build_package(None, None) is None


def test_python_files_are_laid_out_as_on_pythons_path(tmp_path: Path) -> None:
    make(tmp_path, "far/away.py", "lib/inlib.py", "lib/sub/__init__.py")
    (tmp_path / "more.zip").write_bytes(write_zip({"zipped.py": b"", "p/__init__.py": b""}))
    files = [str(tmp_path / "far/away.py"), str(tmp_path / "lib"), str(tmp_path / "more.zip")]
    assert names(build_package(None, None, files)) == {
        "away.py",
        "inlib.py",
        "sub/__init__.py",
        "zipped.py",
        "p/__init__.py",
    }


def test_what_cannot_be_packaged_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PackagingError, match=r"nowhere\.py does not exist"):
        build_package(None, None, ["nowhere.py"])
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with pytest.raises(PackagingError, match=r"bad\.zip: not a zip"):
        build_package(None, None, [str(tmp_path / "bad.zip")])
    monkeypatch.setattr(packaging, "MAX_PACKAGE", 10)
    with pytest.raises(PackagingError, match=r"exceed 0 MiB at big\.py"):
        write_zip({"big.py": b"x" * 11})


def test_requirements_are_read_without_comments(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("# all\nrequests==2.0  # pinned\n\n  six\n-e git+https://x#egg=y\n")
    assert read_requirements(path) == ("requests==2.0", "six", "-e git+https://x#egg=y")
    with pytest.raises(PackagingError, match="cannot be read"):
        read_requirements(tmp_path / "none.txt")
    assert listed(" a.py, ,b ") == ("a.py", "b")


def test_a_package_is_unpacked_once_and_is_importable(tmp_path: Path) -> None:
    package = write_zip({"mod_of_job.py": b"VALUE = 3", "pkg/__init__.py": b""})
    folder = unpack_package(tmp_path, package)
    assert unpack_package(tmp_path, package) == folder
    assert sorted(p.name for p in folder.iterdir()) == ["mod_of_job.py", "pkg"]
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]
    other = unpack_package(tmp_path, write_zip({"mod_of_job.py": b"VALUE = 4"}))
    assert other != folder


def test_no_requirements_install_nothing(tmp_path: Path) -> None:
    assert prepare_environment(tmp_path, ()) is None
    assert list(tmp_path.iterdir()) == []


def test_a_requirement_is_installed_into_a_folder_of_its_own(tmp_path: Path) -> None:
    project = tmp_path / "project"
    make(project, "tiny_mod.py", text="VALUE = 5")
    make(
        project,
        "pyproject.toml",
        text='[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "tiny-mod"\nversion = "1"\n',
    )
    make(project, "backend.py", text=_BACKEND)
    folder = prepare_environment(tmp_path / "envs", (str(project),))
    assert folder is not None
    assert prepare_environment(tmp_path / "envs", (str(project),)) == folder
    seen = subprocess.run(
        [sys.executable, "-c", "import tiny_mod; print(tiny_mod.VALUE)"],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout == "5\n"
    assert [p.name for p in (tmp_path / "envs").iterdir()] == [folder.name]


#: a build backend in ten lines, so that the test needs no network
_BACKEND = """
import zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(directory + "/tiny_mod-1-py3-none-any.whl", "w") as wheel:
        wheel.write("tiny_mod.py")
        info = "tiny_mod-1.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-mod\\nVersion: 1\\n")
        about = "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(info + "WHEEL", about)
        wheel.writestr(info + "RECORD", "")
    return "tiny_mod-1-py3-none-any.whl"
"""


def test_what_pip_cannot_install_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"pip cannot install /no/such/project: .*no/such/project"):
        prepare_environment(tmp_path, ("/no/such/project",))
    assert list(tmp_path.iterdir()) == []
