"""What a process prints, copied into its log: in a container its output goes elsewhere, and REST shows files alone."""

import contextlib
import io
import threading
from logging.handlers import WatchedFileHandler
from typing import TextIO


class CopiedOutput(io.TextIOBase):
    """In the place of `stream`, which gets everything as before; whole lines go to `log` too, among those of others.

    That the log cannot be written fails nobody who prints.
    """

    def __init__(self, stream: TextIO, log: WatchedFileHandler) -> None:
        self.stream, self._log = stream, log
        self._begun = ""
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        written = self.stream.write(text)
        with self._lock:
            lines, end, self._begun = (self._begun + text).rpartition("\n")
        if end:
            self._copy(lines + end)
        return written

    def _copy(self, lines: str) -> None:
        with contextlib.suppress(OSError), self._log.lock or contextlib.nullcontext():
            self._log.reopenIfNeeded()
            if self._log.stream is not None:
                self._log.stream.write(lines)
                self._log.flush()

    def flush(self) -> None:
        self.stream.flush()

    def fileno(self) -> int:
        return self.stream.fileno()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding

    @property
    def buffer(self) -> object:
        """The stream's: bytes are not copied."""
        return self.stream.buffer


def plain(stream: TextIO) -> TextIO:
    """The stream behind a copied one."""
    return stream.stream if isinstance(stream, CopiedOutput) else stream
