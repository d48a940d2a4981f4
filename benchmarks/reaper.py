"""Runs a command and waits for all that descends from it, also for what its parent did not wait for: so that their CPU
seconds are among those of this process's children. What is left half a minute later is killed, and that is an error."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 30.0  #: seconds after the command's end


def main() -> int:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = subprocess.run(sys.argv[1:]).returncode
        if _all_ended(_PATIENCE):
            return status
        print("processes outlived the command", file=sys.stderr)
        return status or 1
    finally:
        while not _all_ended(0.1):
            for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)


def _all_ended(patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if not pid:
            time.sleep(0.02)
    return False


if __name__ == "__main__":
    sys.exit(main())
