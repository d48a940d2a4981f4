"""The TaskManager's process put together: worker, agent, health."""

import gc
import os

from celery import signals

from penstock.client.config import Configuration
from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.logging import configure_logging
from penstock.security.configured import bearer_of, keyring_of
from penstock.security.refusals import refusals
from penstock.service import Exposition, start_health
from penstock_taskmanager.agent import Agent
from penstock_taskmanager.command_reader import CommandReader
from penstock_taskmanager.fork_guard import ForkGuard
from penstock_taskmanager.pool import pool_class
from penstock_taskmanager.runner import slot_runner
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.slot_folders import SlotFolders
from penstock_taskmanager.slot_process import SlotProcess, SlotRunner
from penstock_taskmanager.tasks import add_tasks
from penstock_taskmanager.worker import install_signals, log_as_slot, make_worker, make_worker_app
from penstock_taskmanager.worker_control import WorkerControl
from penstock_taskmanager.worker_link import WorkerLink

#: seconds; above the longest blocking read
_REDIS_TIMEOUT = 2.5


def run_taskmanager(configuration: Configuration, settings: Settings, runner: SlotRunner | None = None) -> int:
    """Serve until SIGTERM; the exit status. `runner`: what a claimed slot runs, `penstock.runtime` by default."""
    configure_logging("taskmanager", settings.taskmanager, folder=settings.log_dir)
    refusals.gather()
    link, guard = WorkerLink(), ForkGuard()
    folders = SlotFolders(settings.tmp_dir)
    guard.install()
    install_signals(link)
    app = make_worker_app(settings)
    control = WorkerControl(app, settings.queue)
    keys, keyring = Keys(settings.prefix), keyring_of(configuration)
    coordination = Coordination(
        connect(settings.redis_url, timeout=_REDIS_TIMEOUT), keys, settings.storage_dir, keyring
    )
    reader_client = connect(settings.redis_url, timeout=_REDIS_TIMEOUT)
    reader = CommandReader(reader_client, keys.taskmanager_commands(settings.taskmanager), keyring)
    agent = Agent(settings, coordination, reader, link, guard, control, folders)
    slot_process = SlotProcess(settings, runner or slot_runner(configuration, settings), keyring)
    add_tasks(app, slot_process, agent.expects, link, settings.queue, keyring)
    worker = make_worker(app, settings, pool_class(link), link)
    control.consumer = worker.consumer

    def start_slot(**_: object) -> None:
        # Not looked at by the collector any more: it would write to each object, and so copy every page of the parent's
        gc.freeze()
        for descriptor in agent.descriptors():
            os.close(descriptor)
        folders.enter()
        log_as_slot(settings, os.getpid())

    signals.worker_process_init.connect(start_slot, weak=False)
    exposition = Exposition("taskmanager", settings.taskmanager)
    exposition.add(agent.show)
    health = start_health(
        settings.health_port, agent.health, settings.health_address, exposition.render, bearer_of(configuration)
    )
    agent.start()
    worker.start()
    folders.close()
    if health is not None:
        health.close()
    return int(worker.exitcode or 0)
