"""Celery's prefork pool as slots need it: each process serves one hint, and the agent hears of it from the fork on."""

import os
from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.asynpool import Worker as ChildLoop
from celery.concurrency.prefork import TaskPool

from penstock_taskmanager.worker_link import ChildStarted, WorkerLink


class SlotLoop(ChildLoop):  # type: ignore[misc]
    """What runs in a child."""

    def _ensure_messages_consumed(self, completed: int) -> bool:
        """Nobody waits for the result of a hint; waiting for its receipt would keep the slot for another 100 ms."""
        return True


def pool_class(link: WorkerLink) -> type[Any]:
    """A pool class for one worker."""

    class SlotPool(AsynPool):  # type: ignore[misc]
        Worker = SlotLoop

        def _create_worker_process(self, i: int) -> Any:
            process = super()._create_worker_process(i)
            link.put(ChildStarted(process.pid, os.dup(process._popen.sentinel)))
            return process

        def _track_child_process(self, proc: Any, hub: Any) -> None:
            """A dead child that is not reaped yet has no descriptor to watch any more. Where the consumer comes back to
            its broker just then, Celery takes that for an error that ends the worker."""
            if getattr(proc, "_sentinel_poll", proc) is not None:
                super()._track_child_process(proc, hub)

        def on_job_ready(self, job: int, i: int, obj: object, inqueue: int) -> None:
            """A child that has served its hint is about to exit: it stays busy until it is gone.

            Celery would write it the next hint, which then lies in a dead child's pipe for seconds.
            """

    class SlotTaskPool(TaskPool):  # type: ignore[misc]
        Pool = SlotPool

    return SlotTaskPool
