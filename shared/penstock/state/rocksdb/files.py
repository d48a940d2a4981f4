"""A RocksDB checkpoint folder as files of a checkpoint: unique names, and what Penstock adds to them."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: a pickled `Extra`
EXTRA = "penstock-state"
BACKEND = "rocksdb"


@dataclass(frozen=True, slots=True)
class Extra:
    """`numbers`: of the states; `parts`: key group -> the operator's registered parts, in the portable form."""

    numbers: Mapping[str, int]
    parts: Mapping[int, bytes] = field(default_factory=dict)


class FileNames:
    """RocksDB numbers its files anew in each database; in a checkpoint's `shared/` a name is for one content.

    So an SST file gets the database's unique id before its name, and keeps that when another database goes on with it.
    """

    def __init__(self, database_id: str) -> None:
        self._id = database_id
        self._known: dict[str, str] = {}

    def publish(self, folder: Path) -> frozenset[str]:
        """Rename the SST files of a checkpoint folder; their new names."""
        published = set()
        for path in folder.glob("*.sst"):
            name = self._known.get(path.name, f"{self._id}-{path.name}")
            path.rename(folder / name)
            published.add(name)
        return frozenset(published)

    def take_back(self, folder: Path) -> None:
        """The inverse, of whatever database."""
        for path in folder.glob("*-*.sst"):
            name = path.name.rpartition("-")[2]
            self._known[name] = path.name
            path.rename(folder / name)


def write_extra(folder: Path, extra: Extra) -> None:
    (folder / EXTRA).write_bytes(pickle.dumps(extra, protocol=5))


def read_extra(folder: Path) -> Extra:
    extra: Extra = pickle.loads((folder / EXTRA).read_bytes())
    return extra
