"""The Celery worker as a TaskManager needs it: our signals, our logging, a process a slot, each used once."""

import logging
import signal
import warnings
from typing import Any

from celery import Celery, signals
from celery.apps.worker import Worker
from celery.platforms import SecurityWarning

from penstock.coordination.broker import WORKER_OPTIONS, make_app
from penstock.coordination.logging import configure_logging
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.worker_link import Leave, WorkerLink


def make_worker_app(settings: Settings) -> Celery:
    """An app of this worker's own, beyond what all users of the broker share."""
    # It warns of pickled messages from strangers, which no root should take; we accept JSON only.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app = make_app(settings.redis_url, settings.prefix)
    app.conf.update(
        # A used process goes, and with it the user's modules, threads and leaks. Measured: the slot is free 25 ms after
        # its release, and an allocation costs 55 ms of CPU in all, claim and fork included.
        worker_max_tasks_per_child=1,
        worker_concurrency=settings.slots,
        # Celery would prefetch less after a reconnect: a free slot must get its hint.
        worker_enable_prefetch_count_reduction=False,
        # A Redis that takes no writes (out of memory, a replica) answers with errors, which are no end of the worker.
        broker_channel_error_retry=True,
        # A child slow to start on a busy machine is no dead child.
        worker_proc_alive_timeout=30.0,
        # The pool itself hands a child no second task; a lock for it would be held for a killed child for a while.
        worker_pool_putlocks=False,
    )
    return app


def make_worker(app: Celery, settings: Settings, pool: type[Any], link: WorkerLink) -> Worker:
    """Not started yet."""

    class SlotWorker(Worker):  # type: ignore[misc]
        def install_platform_tweaks(self, worker: Any) -> None:
            """In place of Celery's handlers: its warm shutdown would wait for tasks that never end."""
            install_signals(link)

        def stop(self, in_sighandler: bool = False, exitcode: int | None = None) -> None:
            """Celery gives up, by an error that it does not recover from. It would wait for tasks that never end."""
            end_by_agent(link)

        def terminate(self, in_sighandler: bool = False) -> None:
            """As `stop`."""
            end_by_agent(link)

    return SlotWorker(
        app=app,
        hostname=f"slots@{settings.taskmanager}",
        queues=[settings.queue],
        pool_cls=pool,
        optimization="fair",
        loglevel="WARNING",
        quiet=True,
        **WORKER_OPTIONS,
    )


def end_by_agent(link: WorkerLink) -> None:
    """Have the process leave, and wait for that. A worker that does not consume and is alive would be offered slots."""
    link.put(Leave("the Celery worker has given up", status=1))
    while True:
        signal.pause()


def install_signals(link: WorkerLink) -> None:
    """SIGTERM, SIGINT and SIGQUIT: leave cleanly."""

    def leave(signum: int, frame: object) -> None:
        link.put(Leave(signal.Signals(signum).name))

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(signum, leave)


def keep_logging(**_: object) -> None:
    """A receiver of Celery's `setup_logging`: whoever connects one is left to log in his own way."""


signals.setup_logging.connect(keep_logging)
#: of Celery's lines only what is worth a warning: the arrival and the end of each hint are logged by us
logging.getLogger("celery").setLevel(logging.WARNING)


def log_as_slot(settings: Settings, pid: int) -> None:
    """In a child: its lines are its own."""
    name = settings.taskmanager
    configure_logging("slot", f"{name}/{pid}", folder=settings.log_dir, beside=name)
