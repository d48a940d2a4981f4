"""The user's modules in a slot process: importable while the job runs there, gone afterwards."""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from penstock import pyflink_alias
from penstock.client import archives
from penstock.client.packaging import prepare_environment, unpack_package


class UserCode:
    """Puts the job's package and requirements on `sys.path`.

    A slot process serves one job after another; `remove` keeps the modules of this one from the next, which may have
    others of the same names.
    """

    def __init__(self, directory: Path, package: bytes | None, requirements: Sequence[str]) -> None:
        # the job runs on Penstock: what its modules import from pyflink is Penstock's, also where PyFlink is installed
        pyflink_alias.install()
        self._folders: list[str] = []
        self._left: Path | None = None  #: the working directory before, where the job has archives
        try:
            if package is not None:
                unpacked = unpack_package(directory, package)
                self._folders.append(str(unpacked))
                if (unpacked / archives.FOLDER).is_dir():
                    self._left = Path.cwd()
                    os.chdir(unpacked / archives.FOLDER)
            environment = prepare_environment(directory, requirements)
            if environment is not None:
                self._folders.append(str(environment))
        finally:
            sys.path[:0] = self._folders
            importlib.invalidate_caches()

    def remove(self) -> None:
        """Take the folders off `sys.path`, forget what was imported from them, and leave the folder of archives."""
        if self._left is not None:
            os.chdir(self._left)
        sys.path[:] = [entry for entry in sys.path if entry not in self._folders]
        prefixes = tuple(folder.rstrip("/") + "/" for folder in self._folders)
        for name, module in list(sys.modules.items()):
            origin = getattr(module, "__file__", None)
            places = [origin] if origin else list(getattr(module, "__path__", ()))
            if prefixes and any(str(place).startswith(prefixes) for place in places):
                del sys.modules[name]
