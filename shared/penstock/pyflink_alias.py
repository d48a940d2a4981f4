"""The import alias: `pyflink.datastream` and so on are Penstock's modules, the same objects under both names.

Because they are the same objects, `isinstance` holds whichever name a program uses, and pickles name Penstock's module.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_ROOT = "pyflink"
#: PyFlink's module -> ours; what lies below moves with it
_PACKAGES = {
    "pyflink.common": "penstock.common",
    "pyflink.datastream": "penstock.datastream",
    "pyflink.metrics": "penstock.metrics",
    "pyflink.java_gateway": "penstock.compat.java_gateway",
    "pyflink.table": "penstock.table",
    "pyflink.serializers": "penstock.compat.serializers",
    "pyflink.util": "penstock.compat.util",
    "pyflink.version": "penstock.compat.version",
}


def target_of(name: str) -> str | None:
    """Our module behind one of PyFlink's names, None for a name that is not PyFlink's or has no counterpart."""
    if name == _ROOT:
        return "penstock.compat"
    package = ".".join(name.split(".")[:2])
    return _PACKAGES[package] + name[len(package) :] if package in _PACKAGES else None


class PyFlinkAlias(MetaPathFinder, Loader):
    """Finds `pyflink…`; each module is imported when it is asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _ROOT and not fullname.startswith(_ROOT + "."):
            return None
        ours = target_of(fullname)
        if ours is None or importlib.util.find_spec(ours) is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}: Penstock has no counterpart to it", name=fullname)
        return ModuleSpec(fullname, self, origin=ours)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(str(spec.origin))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # importlib has put the alias's spec on the module: pickle and importlib.reload must see its own
        spec = module.__spec__
        assert spec is not None
        module.__spec__ = spec.loader_state


def install() -> None:
    """Make the alias, before any PyFlink that is installed. RuntimeError where that one is imported already."""
    if any(isinstance(finder, PyFlinkAlias) for finder in sys.meta_path):
        return
    foreign = sys.modules.get(_ROOT)
    if foreign is not None:
        raise RuntimeError(
            f"PyFlink itself is already imported ({getattr(foreign, '__file__', None)}): import penstock.compat first"
        )
    sys.meta_path.insert(0, PyFlinkAlias())


def install_where_pyflink_is_missing() -> None:
    """Make the alias unless PyFlink is installed: then the program gets what it names."""
    if _ROOT not in sys.modules and importlib.util.find_spec(_ROOT) is None:
        install()
