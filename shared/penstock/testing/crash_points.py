"""Named places at which a test can have the process killed: `PENSTOCK_CRASH_POINT=<point>:<file>`.

Every process that reaches the point adds a line to the file; the one that wrote the first dies by SIGKILL. So
the number of lines says how often the point was reached, and the process that is started instead goes on. With
`<point>:<file>:<n>` the n-th one dies. Unset, `reach` is an empty function.
"""

import os
import signal
from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

VARIABLE = "PENSTOCK_CRASH_POINT"

Point: TypeAlias = Literal[
    "before-upload",  # a slot: snapshot taken, nothing in storage
    "after-upload",  # a slot: state in storage, not acknowledged
    "after-last-ack",  # JobMaster: WRITING is committed, no metadata
    "after-metadata",  # JobMaster: metadata in storage, not COMPLETED
    "after-completed",  # JobMaster: COMPLETED is committed, not mirrored
    "after-pointer",  # JobMaster: mirrored, tasks not told
    "between-commits",  # a slot: a sink has done some of its commits
]


def armed(setting: str | None) -> "Callable[[Point], None]":
    """The function that `reach` is. ValueError names a malformed setting."""
    if not setting:
        return _nothing
    point, colon, rest = setting.partition(":")
    if point not in get_args(Point) or not colon or not rest:
        raise ValueError(f"{VARIABLE}={setting!r}: expected <point>:<file>[:<n>], point one of {get_args(Point)}")
    path, _, nth = rest.rpartition(":")
    path, number = (path, int(nth)) if path and nth.isdigit() else (rest, 1)

    def reached(here: Point) -> None:
        if here == point and _count(path) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def _count(path: str) -> int:
    """Add a line to the file; the how manyth it is."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        line = f"{os.getpid():>10}\n".encode()
        os.write(file, line)
        # the offset after an append is the end of one's own line, whoever else appends meanwhile
        return os.lseek(file, 0, os.SEEK_CUR) // len(line)
    finally:
        os.close(file)


def _nothing(_: Point) -> None: ...


reach = armed(os.environ.get(VARIABLE))
