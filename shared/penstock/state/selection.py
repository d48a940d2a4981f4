"""Which backend keeps the state of a job: `state.backend.type` and what belongs to it."""

from dataclasses import dataclass
from typing import Literal

from penstock.state.backend import KeyedStateBackend
from penstock.state.hash_map import HashMapKeyedStateBackend


@dataclass(frozen=True, slots=True)
class StateBackendChoice:
    """`directory`: for RocksDB's files, None: the system's temporary folder; `profile`: a `PredefinedOptions` name.

    `memory`: bytes that all RocksDB databases of the process may use together; None: each as it likes.
    """

    type: Literal["hashmap", "rocksdb"] = "hashmap"
    directory: str | None = None
    profile: str = "DEFAULT"
    memory: int | None = None

    def make(self, max_parallelism: int) -> KeyedStateBackend:
        """A backend for one operator of one subtask; to be closed."""
        if self.type == "hashmap":
            return HashMapKeyedStateBackend(max_parallelism)
        from penstock.state.rocksdb.backend import RocksDBKeyedStateBackend
        from penstock.state.rocksdb.database import PredefinedOptions

        profile = PredefinedOptions[self.profile]
        return RocksDBKeyedStateBackend(max_parallelism, directory=self.directory, profile=profile, memory=self.memory)
