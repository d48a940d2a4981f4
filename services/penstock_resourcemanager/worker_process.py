"""`python -m penstock_resourcemanager.worker_process FOLDER WORKER`: becomes a TaskManager, once it can be found.

The pid file is written by the process itself, before it is anything else: whenever the ResourceManager dies, its
successor finds every worker that may ever register.
"""

import os
import sys
from pathlib import Path

from penstock.client.cluster.folder import ClusterFolder
from penstock.client.config import cluster


def main(folder: str, worker: str) -> None:
    """Does not return."""
    ClusterFolder(Path(folder)).record(worker, "taskmanager", os.getpid())
    command = [sys.executable, "-m", "penstock_taskmanager", "-D", f"{cluster.TASKMANAGER_ID.key}={worker}"]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main(*sys.argv[1:])
