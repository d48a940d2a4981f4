"""What the Web UI's page of a log shows: which logs there are, and what was added to one since the last look."""

import time
from collections.abc import Callable
from typing import Any

from penstock_dispatcher.logs.log_folder import LogFile, LogFolder, LogPart
from penstock_dispatcher.problems import NotFound

#: bytes of the first answer, and of each that follows
_FIRST, _MORE = 64 << 10, 1 << 20
_NOTHING = LogPart(0, 0, 0, b"")


class LogPage:
    """One reader's. Each call is a document; `end` is where the next one begins, unless the file is begun anew."""

    def __init__(
        self,
        folder: LogFolder,
        processes: Callable[[], list[str]],
        asked: str | None,
        last: str | None = None,
        after: int | None = None,
    ) -> None:
        """`asked` None: `last` while it is there, else the log of a JobManager, else the first there is.

        `after`: the byte that a reader who comes back was at, in `asked` or `last`.
        """
        self._folder, self._processes = folder, processes
        self._asked, self._after = asked, after
        self._name = last if asked is None else asked
        self._seen = False

    def __call__(self) -> dict[str, Any]:
        """Raises NotFound where there is no such log."""
        processes = self._processes()
        files = self._folder.of(*processes)
        if self._name is None:
            self._name = _default(files)
        part = self._part(files, processes)
        return {
            "now": time.time_ns() // 1_000_000,
            "folder": self._folder.is_there,
            "logs": [{"name": file.name, "size": file.size} for file in files],
            "name": self._name,
            "begin": part.begin,
            "end": part.end,
            "text": part.content.decode(errors="replace"),
        }

    def _part(self, files: list[LogFile], processes: list[str]) -> LogPart:
        if self._name is None:
            return _NOTHING
        try:
            part = self._read(self._name, processes)
        except KeyError:
            return self._missing(self._name, files, processes)
        self._after, self._seen = part.end, True
        return part

    def _read(self, name: str, processes: list[str]) -> LogPart:
        if self._after is not None:
            part = self._folder.part(name, processes, self._after, _MORE)
            if self._seen or self._after <= part.size:
                return part
        return self._folder.part(name, processes, None, _FIRST)

    def _missing(self, name: str, files: list[LogFile], processes: list[str]) -> LogPart:
        if self._seen and self._after is not None:
            self._seen = False  # rotated just now: it is there at the next look, or gone
            return LogPart(self._after, self._after, self._after, b"")
        if self._asked is not None:
            raise NotFound(f"there is no log file {name[:200]!r}")
        left = [file for file in files if file.name != name]
        self._name, self._after = _default(left), None
        return self._part(left, processes)


def _default(files: list[LogFile]) -> str | None:
    names = [file.name for file in files]
    return next((name for name in names if name.startswith("jobmanager-")), names[0] if names else None)
