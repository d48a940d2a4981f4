"""A local cluster as `penstock cluster start` makes it: with a secret, and passwords of its own."""

from collections.abc import Iterator

import pytest

from penstock.client.cluster.folder import ClusterFolder
from penstock.client.cluster.settings import ClusterSettings
from penstock.coordination.coordination import Coordination
from tests.integration.cluster.local_cluster import LocalCluster


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path_factory.mktemp("signed") / "dir")
    yield made
    made.stop()


@pytest.fixture(scope="package")
def settings(cluster: LocalCluster) -> ClusterSettings:
    found = ClusterFolder(cluster.folder).load()
    assert found is not None
    return found


@pytest.fixture
def plane(settings: ClusterSettings) -> Iterator[Coordination]:
    """Without the secret: what somebody who only reaches Redis has."""
    with Coordination.connect(settings.redis_url) as coordination:
        yield coordination
