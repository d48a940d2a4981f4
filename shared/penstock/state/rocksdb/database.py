"""One RocksDB in a folder of its own, which goes when it is closed. Its options: Flink's predefined profiles."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.state.rocksdb.memory import shared_memory

if TYPE_CHECKING:
    from rocksdict import BlockBasedOptions, Cache, Options

_BATCH = 4 << 20  #: bytes


class PredefinedOptions(Enum):
    """As `penstock.datastream.state_backend.PredefinedOptions`, by name."""

    DEFAULT = "DEFAULT"
    SPINNING_DISK_OPTIMIZED = "SPINNING_DISK_OPTIMIZED"
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = "SPINNING_DISK_OPTIMIZED_HIGH_MEM"
    FLASH_SSD_OPTIMIZED = "FLASH_SSD_OPTIMIZED"


class Database:
    """Bytes to bytes, in the order of the keys. ModuleNotFoundError, with what to install, without rocksdict.

    `memory`: bytes of the process that it shares with all others; None: RocksDB's own defaults.
    """

    def __init__(
        self,
        directory: str | None,
        profile: PredefinedOptions = PredefinedOptions.DEFAULT,
        memory: int | None = None,
    ) -> None:
        try:
            import rocksdict  # noqa: F401 (it is there)
        except ModuleNotFoundError as e:
            raise ModuleNotFoundError(
                "state.backend.type is rocksdb, which needs rocksdict: pip install 'penstock[rocksdb]'", name=e.name
            ) from None
        if directory is not None:
            Path(directory).mkdir(parents=True, exist_ok=True)
        # the database and the checkpoints of it, which are hard links, lie side by side
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-rocksdb-", dir=directory))
        self._options = _options(profile, memory)
        self._checkpoints = 0
        self._open()

    def _open(self) -> None:
        from rocksdict import Rdict, WriteOptions

        self._db: Any = Rdict(str(self.folder / "db"), self._options)
        # nothing is recovered from these files: snapshots are
        self._write = WriteOptions()
        # the stub takes the property for a method
        self._write.disable_wal = True  # type: ignore[method-assign,assignment]
        self._db.set_write_options(self._write)
        self.get = self._db.get
        self.put = self._db.put
        self.delete = self._db.delete

    def adopt(self, folder: Path) -> None:
        """Begin anew with the files in this folder, which are moved."""
        self._db.close()
        shutil.rmtree(self.folder / "db")
        shutil.move(folder, self.folder / "db")
        self._open()

    def checkpoint(self) -> Path:
        """A folder with the files of a database as this is now; the caller's to remove. It flushes write buffers."""
        from rocksdict import Checkpoint

        self._checkpoints += 1
        folder = self.folder / f"checkpoint-{self._checkpoints}"
        Checkpoint(self._db).create_checkpoint(str(folder))
        return folder

    def write_all(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Many at once."""
        from rocksdict import WriteBatch

        batch = WriteBatch(raw_mode=True)
        for key, value in entries:
            batch.put(key, value)
            if batch.size_in_bytes() > _BATCH:
                self._db.write(batch, self._write)
                batch = WriteBatch(raw_mode=True)
        if not batch.is_empty():
            self._db.write(batch, self._write)

    def property(self, name: str) -> int:
        """One of RocksDB's numbers about itself, such as "rocksdb.cur-size-all-mem-tables"."""
        return int(self._db.property_int_value(name) or 0)

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
        return iterate(self._db, prefix, start)

    def close(self) -> None:
        self._db.close()
        shutil.rmtree(self.folder)


def iterate(db: Any, prefix: bytes, start: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
    """The entries of an open database whose key has this prefix, from `start` on."""
    cursor = db.iter()
    cursor.seek(prefix if start is None else start)
    while cursor.valid():
        key = cursor.key()
        if not key.startswith(prefix):
            break
        yield key, cursor.value()
        cursor.next()


def _options(profile: PredefinedOptions, memory: int | None) -> "Options":
    from rocksdict import Cache, Options

    options = Options(raw_mode=True)
    options.create_if_missing(True)
    _set_profile(options, profile)
    is_large = profile is PredefinedOptions.SPINNING_DISK_OPTIMIZED_HIGH_MEM
    if memory is not None:
        shared = shared_memory(memory)
        options.set_write_buffer_manager(shared.write_buffers)
        # an arena is taken whole with the first write: many databases must fit in
        options.set_write_buffer_size(min(64 << 20, max(64 << 10, shared.write_buffer_limit)))
        options.set_arena_block_size(min(1 << 20, max(4 << 10, shared.write_buffer_limit // 64)))
        options.set_block_based_table_factory(_blocks(shared.cache, is_large, counts_all=True))
    elif is_large:
        options.set_block_based_table_factory(_blocks(Cache(256 << 20), is_large, counts_all=False))
    return options


def _blocks(cache: "Cache", is_large: bool, counts_all: bool) -> "BlockBasedOptions":
    from rocksdict import BlockBasedOptions

    blocks = BlockBasedOptions()
    blocks.set_block_cache(cache)
    if is_large:
        blocks.set_block_size(128 << 10)
        blocks.set_bloom_filter(10, False)
    if counts_all:
        blocks.set_cache_index_and_filter_blocks(True)
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(True)
    return blocks


def _set_profile(options: "Options", profile: PredefinedOptions) -> None:
    if profile is PredefinedOptions.DEFAULT:
        return
    options.set_max_background_jobs(4)
    options.set_max_open_files(-1)
    if profile is not PredefinedOptions.FLASH_SSD_OPTIMIZED:
        options.set_level_compaction_dynamic_level_bytes(True)
    if profile is PredefinedOptions.SPINNING_DISK_OPTIMIZED_HIGH_MEM:
        options.set_max_bytes_for_level_base(1 << 30)
        options.set_max_write_buffer_number(4)
        options.set_min_write_buffer_number_to_merge(3)
        options.set_target_file_size_base(256 << 20)
        options.set_write_buffer_size(64 << 20)
