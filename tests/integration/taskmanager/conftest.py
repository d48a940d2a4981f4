"""The worker of a test: its own key prefix, ended with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.taskmanager.harness import WorkerUnderTest

StartWorker = Callable[..., WorkerUnderTest]


@pytest.fixture
def start_worker(redis_url: str, prefix: str, tmp_path: Path) -> Iterator[StartWorker]:
    """`start_worker(slots=2, name="tm", url=…, **options)`."""
    workers: list[WorkerUnderTest] = []

    def start(*, url: str = redis_url, **options: str) -> WorkerUnderTest:
        worker = WorkerUnderTest(url, prefix, tmp_path / "worker.log", **options)  # type: ignore[arg-type]
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.close()


@pytest.fixture
def worker(start_worker: StartWorker) -> WorkerUnderTest:
    """A registered worker of two slots."""
    started = start_worker()
    started.registered()
    return started
