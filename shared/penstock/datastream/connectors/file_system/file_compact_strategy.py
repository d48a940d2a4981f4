"""FileCompactStrategy: when the small files of a bucket become one."""

from dataclasses import dataclass
from typing import NoReturn

from penstock.common.jvm import no_jvm


@dataclass(frozen=True, slots=True)
class FileCompactStrategy:
    """Sizes in bytes; -1: not by size, 0 checkpoints: not by checkpoints."""

    size_threshold: int
    num_checkpoints_before_compaction: int
    num_compact_threads: int

    @staticmethod
    def builder() -> "FileCompactStrategy.Builder":
        return FileCompactStrategy.Builder()

    def is_due(self, size: int, checkpoints: int) -> bool:
        """Whether files of that size together, the oldest of them at its n-th checkpoint, are compacted."""
        by_size = 0 <= self.size_threshold <= size
        return by_size or 0 < self.num_checkpoints_before_compaction <= checkpoints

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")

    class Builder:
        """One of the two conditions has to be set; with both, the first one that is met counts."""

        def __init__(self) -> None:
            self._size = -1
            self._checkpoints = 0
            self._threads = 1

        def set_size_threshold(self, size_threshold: int) -> "FileCompactStrategy.Builder":
            """As soon as the files that wait have this many bytes."""
            if size_threshold < 0:
                raise ValueError(f"the size threshold must not be negative: {size_threshold}")
            self._size = size_threshold
            return self

        def enable_compaction_on_checkpoint(
            self, num_checkpoints_before_compaction: int
        ) -> "FileCompactStrategy.Builder":
            if num_checkpoints_before_compaction < 1:
                raise ValueError(
                    "the number of checkpoints before a compaction must be positive: "
                    f"{num_checkpoints_before_compaction}"
                )
            self._checkpoints = num_checkpoints_before_compaction
            return self

        def set_num_compact_threads(self, num_compact_threads: int) -> "FileCompactStrategy.Builder":
            """How many buckets one subtask compacts at a time."""
            if num_compact_threads < 1:
                raise ValueError(f"the number of compaction threads must be positive: {num_compact_threads}")
            self._threads = num_compact_threads
            return self

        def build(self) -> "FileCompactStrategy":
            """ValueError where there is no condition."""
            if self._size < 0 and self._checkpoints < 1:
                raise ValueError("a compaction strategy needs a size threshold or a number of checkpoints")
            return FileCompactStrategy(self._size, self._checkpoints, self._threads)
