"""Keys of the state backends."""

from enum import Enum
from typing import Literal

from penstock.client.config.option import boolean, enumeration, memory, optional_string


class StateBackendType(Enum):
    """`state.backend.type`."""

    HASHMAP = "hashmap"
    ROCKSDB = "rocksdb"

    @property
    def word(self) -> Literal["hashmap", "rocksdb"]:
        return "hashmap" if self is StateBackendType.HASHMAP else "rocksdb"


class RocksDBOptions(Enum):
    """`state.backend.rocksdb.predefined-options`."""

    DEFAULT = "DEFAULT"
    SPINNING_DISK_OPTIMIZED = "SPINNING_DISK_OPTIMIZED"
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = "SPINNING_DISK_OPTIMIZED_HIGH_MEM"
    FLASH_SSD_OPTIMIZED = "FLASH_SSD_OPTIMIZED"


STATE_BACKEND = enumeration(
    "state.backend.type",
    StateBackendType.HASHMAP,
    "Where keyed state is kept: `hashmap`, in memory, or `rocksdb`, on local disk (needs `penstock[rocksdb]`).",
    ("state.backend",),
)
ROCKSDB_LOCAL_DIR = optional_string(
    "state.backend.rocksdb.localdir", "Folder for RocksDB's files. Default: the system's temporary folder."
)
ROCKSDB_PREDEFINED_OPTIONS = enumeration(
    "state.backend.rocksdb.predefined-options", RocksDBOptions.DEFAULT, "Profile of RocksDB's options."
)
ROCKSDB_MANAGED = boolean(
    "state.backend.rocksdb.memory.managed",
    True,
    "Whether RocksDB's block cache and write buffers stay within a slot's managed memory, shared by all its databases. "
    "If not, each database has RocksDB's own defaults.",
)
MANAGED_MEMORY = memory(
    "taskmanager.memory.managed.size",
    "512 mb",
    "Memory of a TaskManager that its slots divide evenly among them, for RocksDB. Flink computes its default, a "
    "fraction of the process's memory, which with its own defaults is the same.",
    ("taskmanager.memory.size",),
)
