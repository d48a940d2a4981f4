import importlib
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from penstock.runtime.user_code import UserCode


def package(**modules: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in modules.items():
            archive.writestr(name.replace("__", "/") + ".py", source)
    return buffer.getvalue()


def test_two_jobs_one_after_the_other_have_their_own_modules(tmp_path: Path) -> None:
    path = sys.path[:]
    for answer in (1, 2):
        code = UserCode(tmp_path, package(job_module=f"ANSWER = {answer}", lib__deep=f"DEEP = {answer}"), ())
        assert answer == importlib.import_module("job_module").ANSWER
        assert answer == importlib.import_module("lib.deep").DEEP
        code.remove()
        assert not {"job_module", "lib", "lib.deep"} & sys.modules.keys()
        assert sys.path == path
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("job_module")


def test_without_a_package_nothing_changes(tmp_path: Path) -> None:
    path, modules = sys.path[:], set(sys.modules)
    code = UserCode(tmp_path, None, ())
    assert sys.path == path
    code.remove()
    assert set(sys.modules) >= modules
