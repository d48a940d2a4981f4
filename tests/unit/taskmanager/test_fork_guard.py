"""A fork waits for the agent's work, and the child finds the guard free."""

import os
import subprocess
import sys

SCRIPT = """
import os, threading, time
from penstock_taskmanager.fork_guard import ForkGuard

guard, working, order = ForkGuard(), threading.Event(), []
guard.install()

def work():
    with guard.working():
        working.set()
        time.sleep(0.2)
        order.append("worked")

thread = threading.Thread(target=work)
thread.start()
working.wait()
pid = os.fork()
if pid == 0:
    with guard.working():
        os._exit(0 if order == ["worked"] else 3)
assert os.waitpid(pid, 0)[1] == 0, "the fork did not wait"
with guard.working():
    pass
thread.join()
"""


def test_fork_waits_for_the_guard() -> None:
    # In a process of its own: the hook cannot be taken back.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60, env=environment)
