"""LogFolder: the logs of a cluster whose processes write into one folder (`env.log.dir`), as a local cluster's do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: bytes of a file that are shown: its end
MOST_SHOWN = 2 * 1024 * 1024
#: of all processes, for `LogFolder.of`: those that have ended are worth reading too
KINDS = ("dispatcher-*", "jobmanager-*", "resourcemanager-*", "taskmanager-*", "worker-*")
_SUFFIX = re.compile(r"\.log(\.\d+)?$")
_NAME = re.compile(r"[\w][\w.\-]{0,200}")


@dataclass(frozen=True, slots=True)
class LogFile:
    """`modified`: ms since the epoch; `size`: bytes."""

    name: str
    size: int
    modified: int

    @property
    def process(self) -> str:
        """Whose it is, also where it was rotated away."""
        return _SUFFIX.sub("", self.name)


@dataclass(frozen=True, slots=True)
class LogPart:
    """Lines of a file: bytes `begin` to `end` of `size`."""

    begin: int
    end: int
    size: int
    content: bytes


class LogFolder:
    """Files `<process>.log` and what was rotated away from them (`<process>.log.1`). Reads nothing else."""

    def __init__(self, folder: Path | None) -> None:
        """None: the processes log elsewhere, and there is nothing to show."""
        self._folder = folder

    @property
    def is_there(self) -> bool:
        """Whether processes log into it."""
        return self._folder is not None

    def of(self, *processes: str) -> list[LogFile]:
        """The files of processes, by name. `jobmanager-*` stands for all of that kind."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = []
        for path in sorted(self._folder.iterdir()):
            if any(_belongs(path.name, process) for process in processes) and path.is_file() and not path.is_symlink():
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue  # rotated or tidied away meanwhile
                found.append(LogFile(path.name, stat.st_size, stat.st_mtime_ns // 1_000_000))
        return found

    def tail(self, name: str, processes: Sequence[str], most: int = MOST_SHOWN) -> bytes:
        """The last `most` bytes of a file of these processes, from a line's beginning. KeyError: there is none."""
        with self._opened(name, processes) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            content = file.read(most)
        return content if size <= most else content.partition(b"\n")[2]

    def part(self, name: str, processes: Sequence[str], after: int | None, most: int) -> "LogPart":
        """Whole lines from the byte `after` on, at most `most` bytes; None: the last ones. KeyError: there is none.

        A file that is shorter than `after` was begun anew, and is read from its beginning.
        """
        with self._opened(name, processes) as file:
            size = file.seek(0, 2)
            begin = max(0, size - most) if after is None else after if after <= size else 0
            file.seek(begin)
            content = file.read(most)
        if after is None and begin:
            skipped, _, content = content.partition(b"\n")
            begin += len(skipped) + 1
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and len(content) == most:
            whole = content  # of a line that is longer than a part
        return LogPart(begin, begin + len(whole), size, whole)

    def _opened(self, name: str, processes: Sequence[str]) -> BinaryIO:
        if self._folder is None or not _NAME.fullmatch(name) or name not in {f.name for f in self.of(*processes)}:
            raise KeyError(name)
        try:
            return (self._folder / name).open("rb")
        except FileNotFoundError:
            raise KeyError(name) from None


def printed(log: bytes) -> bytes:
    """What the process and the functions in it printed: the lines of a log that are not ours, which are JSON."""
    return b"".join(line for line in log.splitlines(keepends=True) if not line.startswith(b'{"'))


def _belongs(file: str, process: str) -> bool:
    if process.endswith("-*"):
        return re.fullmatch(re.escape(process[:-1]) + r"[\w.\-]+?\.log(\.\d+)?", file) is not None
    return re.fullmatch(re.escape(process) + r"\.log(\.\d+)?", file) is not None
