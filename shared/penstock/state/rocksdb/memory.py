"""RocksDB's memory in a slot: one block cache and one write buffer manager for all databases of its process.

As Flink divides it: of the budget a third for write buffers, which count as part of the cache and may be exceeded by
half while they are flushed; so the cache has five sixths.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rocksdict import Cache, WriteBufferManager


@dataclass(frozen=True, slots=True)
class SharedMemory:
    cache: "Cache"
    write_buffers: "WriteBufferManager"
    write_buffer_limit: int  #: bytes

    @property
    def usage(self) -> int:
        """Bytes that blocks, indexes, filters and write buffers take now."""
        # write buffers that have been charged to the cache are in its usage
        return max(self.cache.get_usage(), self.write_buffers.get_usage())


_of_process: dict[int, SharedMemory] = {}


def shared_memory(budget: int) -> SharedMemory:
    """That of this process; made when it is first asked for, with this budget (bytes)."""
    from rocksdict import Cache, WriteBufferManager

    if budget not in _of_process:
        cache = Cache(budget * 5 // 6)
        limit = budget // 3
        write_buffers = WriteBufferManager.new_write_buffer_manager_with_cache(limit, False, cache)
        _of_process[budget] = SharedMemory(cache, write_buffers, limit)
    return _of_process[budget]
