"""`pyflink_worker.py PARALLELISM FOLDER PROGRAM…`, in PyFlink's venv: one JVM for all, each program's output marked.

The JVM writes to the same standard output, so that `print` sinks are in it.
"""

import os
import runpy
import sys
import time
import traceback
from pathlib import Path

BEGIN, END = "@@@ begin ", "@@@ end "


def main() -> None:
    parallelism, folder = sys.argv[1], Path(sys.argv[2])
    # the JVM starts Python workers by this name
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for program in map(Path, sys.argv[3:]):
        scratch = folder / program.stem / "out"
        scratch.mkdir(parents=True)
        sys.argv = [str(program), parallelism, str(scratch)]
        print(f"{BEGIN}{program.stem}", flush=True)
        status = "ok"
        try:
            runpy.run_path(str(program), run_name="__main__")
        except BaseException:
            traceback.print_exc()
            status = "raised"
        sys.stdout.flush()
        time.sleep(0.3)  # the JVM's last lines
        print(f"{END}{program.stem} {status}", flush=True)


if __name__ == "__main__":
    main()
