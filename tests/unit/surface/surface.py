"""Compares Penstock's public surface with PyFlink's, as it was recorded by introspection of PyFlink 2.3."""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from penstock.pyflink_alias import target_of

HERE = Path(__file__).parent
RECORDED: dict[str, dict[str, Any]] = json.loads((HERE / "pyflink_2_3.json").read_text())
#: "module", "module:Name" or "module:Class.member" -> why it is not there, with what lies below it; "*" for any text
ABSENT: dict[str, str] = json.loads((HERE / "absent.json").read_text())

_MISSING = object()


def differences() -> Iterator[tuple[str, str]]:
    """(place, what is wrong there) of everything that PyFlink has and we have not, or otherwise."""
    for module, recorded in RECORDED.items():
        name = target_of(module)
        assert name is not None, module
        try:
            ours = importlib.import_module(name)
        except ModuleNotFoundError:
            yield module, "no such module"
            continue
        yield from _module(module, ours, recorded)


def _module(path: str, ours: Any, recorded: dict[str, Any]) -> Iterator[tuple[str, str]]:
    names = {*recorded.get("all", ()), *recorded.get("reexports", ()), *recorded.get("constants", ())}
    for name in sorted(names - set(recorded.get("classes", {})) - set(recorded.get("functions", {}))):
        if not hasattr(ours, name):
            yield f"{path}:{name}", "missing"
    for name in sorted(set(recorded.get("all", ())) - set(getattr(ours, "__all__", recorded.get("all", ())))):
        if hasattr(ours, name):
            yield f"{path}:{name}", "not in __all__"
    for name, signature in recorded.get("functions", {}).items():
        found = getattr(ours, name, _MISSING)
        if found is _MISSING:
            yield f"{path}:{name}", "missing"
        elif parameters_of(found) != parameters_in(signature):
            yield f"{path}:{name}", f"takes {parameters_of(found)}, PyFlink's {parameters_in(signature)}"
    for name, cls in recorded.get("classes", {}).items():
        yield from _class(f"{path}:{name}", getattr(ours, name, _MISSING), cls)


def _class(path: str, ours: Any, recorded: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if ours is _MISSING:
        yield path, "missing"
        return
    # constructors that take an object of the JVM are nobody's but PyFlink's own
    if "init" in recorded and not re.search(r"\bj_", recorded["init"]):
        theirs, found = parameters_in(recorded["init"]), parameters_of(ours.__init__)
        if found != theirs:
            yield f"{path}.__init__", f"takes {found}, PyFlink's {theirs}"
    for name, signature in recorded.get("methods", {}).items():
        raw = inspect.getattr_static(ours, name, _MISSING)
        if raw is _MISSING:
            yield f"{path}.{name}", "missing"
        elif signature_of(raw) != (kind_in(signature), parameters_in(signature)):
            yield f"{path}.{name}", f"is {signature_of(raw)}, PyFlink's {signature}"
    members = {*recorded.get("inherited", ()), *recorded.get("properties", ()), *recorded.get("attributes", ())}
    for name in sorted(members | set(recorded.get("dunders", ())) | set(recorded.get("enum", ()))):
        if inspect.getattr_static(ours, name, _MISSING) is _MISSING:
            yield f"{path}.{name}", "missing"
    for name, nested in recorded.get("nested", {}).items():
        yield from _class(f"{path}.{name}", getattr(ours, name, _MISSING), nested)


def signature_of(raw: Any) -> tuple[str, list[str]]:
    kind = "static" if isinstance(raw, staticmethod) else "class" if isinstance(raw, classmethod) else ""
    return kind, parameters_of(getattr(raw, "__func__", raw))


def parameters_of(function: Any) -> list[str]:
    """Names and defaults, without annotations. An undefined `__init__` takes only self."""
    if function is object.__init__:
        return ["self"]
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters]


def parameters_in(text: str) -> list[str]:
    """As `parameters_of`, of a recorded signature."""
    inside = text[text.index("(") + 1 :].partition(" -> ")[0].rstrip().removesuffix(")")
    return [p for p in re.split(r", (?![^<(\[]*[>)\]])", inside) if p]


def kind_in(text: str) -> str:
    return next((kind for kind in ("static", "class") if text.startswith(kind + " ")), "")


def reasons_for(place: str) -> list[str]:
    """The entries of the list that speak of a place."""
    return [a for a in ABSENT if place == a or place.startswith((a + ".", a + ":")) or fnmatchcase(place, a)]


if __name__ == "__main__":
    for place, what in differences():
        if not reasons_for(place):
            print(f"{place}\t{what}")
