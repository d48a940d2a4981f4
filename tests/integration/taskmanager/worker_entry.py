"""A TaskManager whose slots run a double of the runtime, for tests: `python worker_entry.py -D key=value …`

The job says what the slot does: `hang…` never ends, whatever it is told; anything else waits for ReleaseSlot.
SIGUSR1 makes the worker deaf: its consumer stops to consume, and does not know it. SIGUSR2 makes its consumer fail.
"""

import signal
import sys
import time
from typing import Any

from penstock.client.config import service_configuration
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import ReleaseSlot, SlotCommand, decode
from penstock.coordination.patience import retrying
from penstock_taskmanager import taskmanager
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.slot_process import ClaimedSlot
from penstock_taskmanager.worker import make_worker


def main(argv: list[str]) -> int:
    configuration = service_configuration(argv)
    settings = Settings.read(configuration)

    def run(claimed: ClaimedSlot) -> None:
        while claimed.job.startswith("hang"):
            try:
                time.sleep(3600)
            except BaseException as error:  # the point of it: user code that nothing but SIGKILL ends
                print(f"not ended by {error!r}", flush=True)
        wait_for_release(settings, claimed)

    def make_deafenable_worker(*arguments: Any) -> Any:
        worker = make_worker(*arguments)
        signal.signal(signal.SIGUSR1, lambda *_: worker.consumer.task_consumer.cancel())
        signal.signal(signal.SIGUSR2, lambda *_: worker.consumer.hub.call_soon(fail))
        return worker

    vars(taskmanager)["make_worker"] = make_deafenable_worker
    return taskmanager.run_taskmanager(configuration, settings, run)


def fail() -> None:
    raise RuntimeError("nothing that Celery recovers from")


def wait_for_release(settings: Settings, claimed: ClaimedSlot) -> None:
    cursor = "0-0"
    with Coordination.connect(settings.redis_url, settings.prefix) as coordination:
        stream = coordination.keys.slot_commands(claimed.job, claimed.allocation)
        while True:
            found = retrying("read commands")(coordination.events.read, {stream: cursor}, 500)
            for entry, payload in found.get(stream, []):
                cursor = entry
                if isinstance(decode(payload, SlotCommand), ReleaseSlot):  # type: ignore[arg-type]
                    return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
