"""Logs of processes that have ended: each container that is made anew leaves one. Source: Flink's `env.log.max`."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

import structlog

from penstock_dispatcher.logs.log_folder import KINDS, LogFile, LogFolder

_log = structlog.get_logger(__name__)

#: ms without a line behind which a process that announces nothing has ended: Redis may be away
QUIET = 600_000


def superfluous(files: Sequence[LogFile], live: Collection[str], most: int, now: int) -> list[str]:
    """Files of ended processes beyond the newest `most` of each kind; what was rotated away counts with its own. Pure.

    `live`: ids of processes; `now`: ms since the epoch.
    """
    ended: dict[str, dict[str, list[LogFile]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        if file.process not in live:
            ended[file.process.partition("-")[0]][file.process].append(file)
    found = []
    for processes in ended.values():
        newest_first = sorted(processes.values(), key=lambda own: max(f.modified for f in own), reverse=True)
        for own in newest_first[most:]:
            if all(f.modified < now - QUIET for f in own):
                found += [f.name for f in own]
    return sorted(found)


def sweep_logs(folder: Path, live: Collection[str], most: int, now: int) -> list[str]:
    """Remove them; the names of those that were. What another dispatcher has just removed is not among them, nor what
    may not be removed."""
    gone = []
    for name in superfluous(LogFolder(folder).of(*KINDS), live, most, now):
        try:
            (folder / name).unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            _log.info("an old log stays", file=name, error=str(error))
            continue
        gone.append(name)
    return gone
