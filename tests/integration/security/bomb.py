"""A pickle that makes a folder where it is unpickled."""

import os
import pickle
from pathlib import Path
from typing import Any


class Bomb:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._path),)


def bomb(path: Path) -> bytes:
    """Alone."""
    return pickle.dumps(Bomb(path), protocol=5)


def batch(path: Path) -> bytes:
    """As a batch of records."""
    return pickle.dumps(([Bomb(path)], None, None), protocol=5)
