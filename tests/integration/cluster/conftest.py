"""One cluster for the read-only tests of this folder; tests that kill services start their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cluster.faults import PacedJob
from tests.integration.cluster.local_cluster import LocalCluster

TWO_OF_EACH = ("--jobmanagers", "2", "--dispatchers", "2", "--resourcemanagers", "2")


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path_factory.mktemp("cluster") / "dir")
    yield made
    made.stop()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    """Two of each service, for this test alone."""
    made = LocalCluster(tmp_path / "dir", *TWO_OF_EACH)
    yield made
    made.stop()


@pytest.fixture(scope="package")
def shared_ha_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path_factory.mktemp("ha") / "dir", *TWO_OF_EACH)
    yield made
    made.stop()


@pytest.fixture
def ha_cluster(shared_ha_cluster: LocalCluster) -> LocalCluster:
    """Two of each service, whole and idle; what a test before killed is started again."""
    shared_ha_cluster.start()
    return shared_ha_cluster


@pytest.fixture
def paced_job(ha_cluster: LocalCluster, tmp_path: Path) -> Iterator[Callable[..., PacedJob]]:
    """`paced_job(seconds, addresses=…, options=…)`: start one on `ha_cluster`; its client is not left behind."""
    made: list[PacedJob] = []

    def start(seconds: float, **kwargs: Any) -> PacedJob:
        made.append(PacedJob(ha_cluster, tmp_path / f"job{len(made)}", seconds, **kwargs))
        return made[-1]

    yield start
    for job in made:
        job.close()
