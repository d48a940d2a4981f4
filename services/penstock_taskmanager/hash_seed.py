"""One hash seed for all slots of a cluster: a task that is restarted alone, in another process, iterates its sets as
the attempt before did (docs/task-local-failover.md)."""

import os
import sys
import zlib
from collections.abc import Mapping

VARIABLE = "PYTHONHASHSEED"


def wanted(cluster_id: str, environment: Mapping[str, str]) -> str | None:
    """The seed to start again with; None: the interpreter has a fixed one, the user's or ours, or hashes by none.

    By the cluster's id: the same in all of its TaskManagers, and not everybody's.
    """
    if environment.get(VARIABLE, "random") != "random":
        return None
    # 0 would switch the randomization off
    return str(zlib.crc32(cluster_id.encode()) or 1)


def fix(cluster_id: str) -> None:
    """Start this very process again with the seed, unless it has one. Slots are forked from it. Before any thread."""
    seed = wanted(cluster_id, os.environ)
    if seed is not None:
        arguments = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, arguments, {**os.environ, VARIABLE: seed})
