"""Every public method has the parameter names and defaults of PyFlink 2.3 (by introspection), under the same module."""

import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RECORDED: dict[str, dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_name("pyflink_signatures.json").read_text()
)
METHODS = [
    (module, cls, method, signature)
    for module, classes in RECORDED.items()
    for cls, methods in classes.items()
    for method, signature in methods.items()
]


def signature_of(owner: Any, name: str) -> str:
    raw = inspect.getattr_static(owner, name)
    kind = "static " if isinstance(raw, staticmethod) else "class " if isinstance(raw, classmethod) else ""
    found = inspect.signature(getattr(raw, "__func__", raw))
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    text = str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    return text if name == "__init__" else f"{kind}{name}{text}"


@pytest.mark.parametrize(
    ("module", "cls", "method", "signature"), METHODS, ids=[f"{m}.{c}.{n}" for m, c, n, _ in METHODS]
)
def test_signature(module: str, cls: str, method: str, signature: str) -> None:
    owner: Any = importlib.import_module(f"penstock.{module}")
    for part in cls.split("."):
        owner = getattr(owner, part)
    assert signature_of(owner, method) == signature


def test_importing_the_api_imports_nothing_heavy() -> None:
    program = (
        "import sys, penstock.datastream, penstock.datastream.connectors\n"
        "print(*sys.modules.keys() & {'redis', 'celery', 'cloudpickle', 'yaml', 'httpx', 'asyncio', 'starlette'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
