"""Celery's prefork pool, with word to the agent of every child from its fork on."""

import os
from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool

from penstock_taskmanager.worker_link import ChildStarted, WorkerLink


def pool_class(link: WorkerLink) -> type[Any]:
    """A pool class for one worker."""

    class SlotPool(AsynPool):  # type: ignore[misc]
        def _create_worker_process(self, i: int) -> Any:
            process = super()._create_worker_process(i)
            link.put(ChildStarted(process.pid, os.dup(process._popen.sentinel)))
            return process

    class SlotTaskPool(TaskPool):  # type: ignore[misc]
        Pool = SlotPool

    return SlotTaskPool
