"""Files that travel with a job are importable where it runs in this process, too."""

import sys
import zipfile
from pathlib import Path

import pytest

from penstock.client.program_error import PackagingError
from penstock.datastream import StreamExecutionEnvironment


@pytest.mark.parametrize("form", ["module", "folder", "zip"])
def test_a_function_imports_what_was_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"added_as_{form}"
    source = f"def twice(n):\n    return ({form!r}, 2 * n)\n"
    module = tmp_path / f"{name}.py"
    module.write_text(source)
    added = {"module": module, "folder": tmp_path, "zip": tmp_path / "modules.zip"}[form]
    if form == "zip":
        with zipfile.ZipFile(added, "w") as archive:
            archive.writestr(module.name, source)
        module.unlink()

    def call(n: int) -> object:
        return __import__(name).twice(n)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.add_python_file(str(added))
    try:
        assert list(env.from_collection([1, 2]).map(call).execute_and_collect()) == [(form, 2), (form, 4)]
    finally:
        del sys.modules[name]


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone.py"
    gone.touch()
    env = StreamExecutionEnvironment.get_execution_environment()
    env.add_python_file(str(gone))
    gone.unlink()
    env.from_collection([1]).print()
    with pytest.raises(PackagingError, match=r"gone\.py does not exist"):
        env.execute()
