"""One cluster for the read-only tests of this folder; tests that kill services start their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path_factory.mktemp("cluster") / "dir")
    yield made
    made.stop()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    """Two of each service, for this test alone."""
    made = LocalCluster(tmp_path / "dir", "--jobmanagers", "2", "--dispatchers", "2", "--resourcemanagers", "2")
    yield made
    made.stop()
