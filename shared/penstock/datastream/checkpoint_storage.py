"""Where checkpoints go, as values: no method of PyFlink 2.3 takes one; `execution.checkpointing.dir` says it.

Source: `pyflink.datastream.checkpoint_storage`.
"""

from abc import ABC
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from penstock.common.jvm import no_jvm

__all__ = ["CheckpointStorage", "CustomCheckpointStorage", "FileSystemCheckpointStorage", "JobManagerCheckpointStorage"]

#: Flink's defaults of state.storage.fs.memory-threshold and state.storage.fs.write-buffer-size, in bytes
_FILE_STATE_THRESHOLD, _WRITE_BUFFER_SIZE = 20 * 1024, 4096


class CheckpointStorage(ABC):  # noqa: B024 (as PyFlink's)
    """Base of all."""

    def __init__(self, j_checkpoint_storage: Any) -> None:
        if j_checkpoint_storage is not None:
            no_jvm(f"{type(self).__name__}({j_checkpoint_storage!r})")


class JobManagerCheckpointStorage(CheckpointStorage):
    """Flink's storage in the memory of the JobManager. `max_state_size`: bytes of one state."""

    DEFAULT_MAX_STATE_SIZE = 5 * 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | None = None,
        max_state_size: int | None = None,
        j_jobmanager_checkpoint_storage: Any = None,
    ) -> None:
        super().__init__(j_jobmanager_checkpoint_storage)
        self._path = None if checkpoint_path is None else _normalized(checkpoint_path)
        self._max_state_size = self.DEFAULT_MAX_STATE_SIZE if max_state_size is None else max_state_size
        if self._max_state_size < 1:
            raise ValueError(f"max_state_size is a number of bytes above 0, not {max_state_size!r}")

    def get_checkpoint_path(self) -> str | None:
        return self._path

    def get_max_state_size(self) -> int:
        """Bytes."""
        return self._max_state_size

    def get_savepoint_path(self) -> str | None:
        return None

    def __str__(self) -> str:
        return f"JobManagerCheckpointStorage (checkpoints to JobManager) ( maxStateSize: {self._max_state_size})"


class FileSystemCheckpointStorage(CheckpointStorage):
    """A folder or URL. State below `file_state_size_threshold` bytes is kept with the metadata."""

    MAX_FILE_STATE_THRESHOLD = 1024 * 1024

    def __init__(
        self,
        checkpoint_path: str | None = None,
        file_state_size_threshold: int | None = None,
        write_buffer_size: int = -1,
        j_filesystem_checkpoint_storage: Any = None,
    ) -> None:
        super().__init__(j_filesystem_checkpoint_storage)
        if checkpoint_path is None:
            raise ValueError("checkpoint_path must not be None")
        threshold = -1 if file_state_size_threshold is None else file_state_size_threshold
        if not -1 <= threshold <= self.MAX_FILE_STATE_THRESHOLD:
            raise ValueError(
                f"file_state_size_threshold is a number of bytes up to {self.MAX_FILE_STATE_THRESHOLD}, -1 for the "
                f"default, not {file_state_size_threshold!r}"
            )
        self._path = _normalized(checkpoint_path)
        self._threshold = _FILE_STATE_THRESHOLD if threshold == -1 else threshold
        self._buffer = _WRITE_BUFFER_SIZE if write_buffer_size == -1 else write_buffer_size

    def get_checkpoint_path(self) -> str:
        return self._path

    def get_savepoint_path(self) -> str | None:
        return None

    def get_min_file_size_threshold(self) -> int:
        """Bytes."""
        return self._threshold

    def get_write_buffer_size(self) -> int:
        """Bytes."""
        return self._buffer

    def __str__(self) -> str:
        return f"FileSystemCheckpointStorage ({self._path})"


class CustomCheckpointStorage(CheckpointStorage):
    """A storage of the JVM: JvmNotAvailableError."""

    def __init__(self, j_custom_checkpoint_storage: Any) -> None:
        no_jvm(f"CustomCheckpointStorage({j_custom_checkpoint_storage!r})")


def _normalized(path: str) -> str:
    """As Flink's Path shows it: `file:///a/` is `file:/a`. ValueError for a path without a scheme, as there."""
    parts = urlsplit(path)
    if not parts.scheme:
        raise ValueError(
            f"checkpoint path {path!r}: The scheme (hdfs://, file://, etc) is null. Please specify the file system "
            "scheme explicitly in the URI."
        )
    if not parts.path.strip("/") and not parts.netloc:
        raise ValueError(f"checkpoint path {path!r}: Cannot use the root directory for checkpoints.")
    at = f"//{parts.netloc}" if parts.netloc else ""
    return f"{parts.scheme}:{at}{urlunsplit(('', '', parts.path.rstrip('/'), '', ''))}"
