"""What the Web UI's page of a log shows: which logs there are, and what was added to one since the last look."""

import time
from collections.abc import Callable
from typing import Any

from penstock_dispatcher.logs.log_folder import LogFile, LogFolder
from penstock_dispatcher.problems import NotFound

#: bytes of the first answer, and of each that follows
_FIRST, _MORE = 64 << 10, 1 << 20


class LogPage:
    """One reader's. Each call is a document; `end` is where the next one begins, unless the file is begun anew."""

    def __init__(self, folder: LogFolder, processes: Callable[[], list[str]], name: str | None) -> None:
        """`name` None: that of a JobManager, else the first there is."""
        self._folder, self._processes, self._name = folder, processes, name
        self._after: int | None = None

    def __call__(self) -> dict[str, Any]:
        """Raises NotFound where there is no such log, `connection.AWAY` while Redis is away."""
        processes = self._processes()
        files = self._folder.of(*processes)
        if self._name is None:
            self._name = _default(files)
        document = {
            "now": time.time_ns() // 1_000_000,
            "folder": self._folder.is_there,
            "logs": [{"name": file.name, "size": file.size} for file in files],
            "name": self._name,
        }
        if self._name is None:
            return {**document, "begin": 0, "end": 0, "text": ""}
        try:
            part = self._folder.part(self._name, processes, self._after, _FIRST if self._after is None else _MORE)
        except KeyError:
            raise NotFound(f"there is no log file {self._name[:200]!r}") from None
        self._after = part.end
        text = part.content.decode(errors="replace")
        return {**document, "begin": part.begin, "end": part.end, "text": text}


def _default(files: list[LogFile]) -> str | None:
    names = [file.name for file in files]
    return next((name for name in names if name.startswith("jobmanager-")), names[0] if names else None)
