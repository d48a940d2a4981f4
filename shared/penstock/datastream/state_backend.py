"""State backends as values; `state.backend.type` chooses. Source: `pyflink.datastream.state_backend`."""

from enum import Enum
from typing import Any

__all__ = [
    "CustomStateBackend",
    "EmbeddedRocksDBStateBackend",
    "HashMapStateBackend",
    "PredefinedOptions",
    "StateBackend",
]


class PredefinedOptions(Enum):
    """Profiles of RocksDB's options; `state.backend.rocksdb.predefined-options` names one."""

    DEFAULT = 0
    SPINNING_DISK_OPTIMIZED = 1
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = 2
    FLASH_SSD_OPTIMIZED = 3


class StateBackend:
    """Base of all."""


class HashMapStateBackend(StateBackend):
    """Working state in the slot's memory: `state.backend.type: hashmap`, the default."""

    def __init__(self, j_hashmap_state_backend: Any = None) -> None:
        _without_jvm("j_hashmap_state_backend", j_hashmap_state_backend)

    def __str__(self) -> str:
        return "HashMapStateBackend"


class EmbeddedRocksDBStateBackend(StateBackend):
    """Working state in RocksDB on local disk: `state.backend.type: rocksdb`."""

    def __init__(
        self, enable_incremental_checkpointing: bool | None = None, j_embedded_rocks_db_state_backend: Any = None
    ) -> None:
        _without_jvm("j_embedded_rocks_db_state_backend", j_embedded_rocks_db_state_backend)
        if enable_incremental_checkpointing not in (None, True, False):
            raise TypeError(
                f"'enable_incremental_checkpointing' is None, True or False, not {enable_incremental_checkpointing!r}"
            )
        self._incremental = bool(enable_incremental_checkpointing)
        self._paths: list[str] = []
        self._predefined = PredefinedOptions.DEFAULT
        self._transfer_threads = 4

    def set_db_storage_paths(self, *paths: str) -> None:
        """Folders for the database; none: the TaskManager's temporary folder."""
        self._paths = [p for p in paths if p is not None]

    def get_db_storage_paths(self) -> list[str]:
        return list(self._paths)

    def is_incremental_checkpoints_enabled(self) -> bool:
        return self._incremental

    def set_predefined_options(self, options: PredefinedOptions) -> None:
        if not isinstance(options, PredefinedOptions):
            raise TypeError(f"one of PredefinedOptions is needed, not {options!r}")
        self._predefined = options

    def get_predefined_options(self) -> PredefinedOptions:
        return self._predefined

    def set_options(self, options_factory_class_name: str) -> None:
        """NotImplementedError: an options factory is a Java class."""
        raise NotImplementedError(
            f"set_options({options_factory_class_name!r}): options factories are Java; use predefined options"
        )

    def get_options(self) -> str | None:
        return None

    def get_number_of_transfer_threads(self) -> int:
        return self._transfer_threads

    def set_number_of_transfer_threads(self, number_of_transfering_threads: int) -> None:
        if number_of_transfering_threads < 1:
            raise ValueError(f"at least one thread is needed, not {number_of_transfering_threads}")
        self._transfer_threads = number_of_transfering_threads

    def __str__(self) -> str:
        return f"EmbeddedRocksDBStateBackend{{localRocksDbDirectories={self._paths or None}}}"


class CustomStateBackend(StateBackend):
    """NotImplementedError: it wraps a Java object."""

    def __init__(self, j_custom_state_backend: Any) -> None:
        raise NotImplementedError("CustomStateBackend wraps a Java state backend, and Penstock runs without a JVM")


def _without_jvm(name: str, value: Any) -> None:
    if value is not None:
        raise TypeError(f"{name}: Penstock runs without a JVM; leave it out")
