"""What our pool does otherwise than Celery's."""

import os
from types import SimpleNamespace

from kombu.asynchronous.hub import Hub

from penstock_taskmanager.pool import pool_class
from penstock_taskmanager.worker_link import WorkerLink


def test_a_dead_child_that_is_not_reaped_does_not_end_the_worker() -> None:
    """The consumer came back to its broker, and registers all children once more."""
    link, hub = WorkerLink(), Hub()
    here, there = os.pipe()
    try:
        pool_type = pool_class(link).Pool
        pool = pool_type.__new__(pool_type)
        child = SimpleNamespace(_popen=SimpleNamespace(sentinel=here))
        pool._track_child_process(child, hub)
        assert child._sentinel_poll in hub.readers
        pool._untrack_child_process(child, hub)
        assert child._sentinel_poll is None
        pool._track_child_process(child, hub)
        assert hub.readers == {}
    finally:
        hub.close()
        for descriptor in (here, there, *link.descriptors()):
            os.close(descriptor)
