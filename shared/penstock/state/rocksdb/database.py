"""One RocksDB in a folder of its own, which goes when it is closed. Its options: Flink's predefined profiles."""

import shutil
import tempfile
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rocksdict import Options


class PredefinedOptions(Enum):
    """As `penstock.datastream.state_backend.PredefinedOptions`, by name."""

    DEFAULT = "DEFAULT"
    SPINNING_DISK_OPTIMIZED = "SPINNING_DISK_OPTIMIZED"
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = "SPINNING_DISK_OPTIMIZED_HIGH_MEM"
    FLASH_SSD_OPTIMIZED = "FLASH_SSD_OPTIMIZED"


class Database:
    """Bytes to bytes, in the order of the keys. ModuleNotFoundError, with what to install, without rocksdict."""

    def __init__(self, directory: str | None, profile: PredefinedOptions = PredefinedOptions.DEFAULT) -> None:
        try:
            from rocksdict import Rdict, WriteOptions
        except ModuleNotFoundError as e:
            raise ModuleNotFoundError(
                "state.backend.type is rocksdb, which needs rocksdict: pip install 'penstock[rocksdb]'", name=e.name
            ) from None
        if directory is not None:
            Path(directory).mkdir(parents=True, exist_ok=True)
        self.path = tempfile.mkdtemp(prefix="penstock-rocksdb-", dir=directory)
        self._db: Any = Rdict(self.path, _options(profile))
        # nothing is recovered from these files: snapshots are
        write = WriteOptions()
        write.disable_wal = True  # type: ignore[method-assign,assignment]  # the stub takes the property for a method
        self._db.set_write_options(write)
        self.get = self._db.get
        self.put = self._db.put
        self.delete = self._db.delete

    def scan(self, prefix: bytes, start: bytes | None = None, limit: int | None = None) -> list[tuple[bytes, bytes]]:
        """The entries whose key has this prefix, from `start` on, at most `limit`."""
        found: list[tuple[bytes, bytes]] = []
        for entry in self.iterate(prefix, start):
            if limit is not None and len(found) >= limit:
                break
            found.append(entry)
        return found

    def iterate(self, prefix: bytes, start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """The same one by one, as of now: later writes do not show."""
        cursor = self._db.iter()
        cursor.seek(prefix if start is None else start)
        while cursor.valid():
            key = cursor.key()
            if not key.startswith(prefix):
                break
            yield key, cursor.value()
            cursor.next()

    def close(self) -> None:
        self._db.close()
        shutil.rmtree(self.path)


def _options(profile: PredefinedOptions) -> "Options":
    from rocksdict import BlockBasedOptions, Cache, Options

    options = Options(raw_mode=True)
    options.create_if_missing(True)
    if profile is PredefinedOptions.DEFAULT:
        return options
    options.set_max_background_jobs(4)
    options.set_max_open_files(-1)
    if profile is not PredefinedOptions.FLASH_SSD_OPTIMIZED:
        options.set_level_compaction_dynamic_level_bytes(True)
    if profile is PredefinedOptions.SPINNING_DISK_OPTIMIZED_HIGH_MEM:
        blocks = BlockBasedOptions()
        blocks.set_block_cache(Cache(256 << 20))
        blocks.set_block_size(128 << 10)
        blocks.set_bloom_filter(10, False)
        options.set_block_based_table_factory(blocks)
        options.set_max_bytes_for_level_base(1 << 30)
        options.set_max_write_buffer_number(4)
        options.set_min_write_buffer_number_to_merge(3)
        options.set_target_file_size_base(256 << 20)
        options.set_write_buffer_size(64 << 20)
    return options
