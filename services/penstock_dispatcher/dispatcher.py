"""Dispatcher: what the REST resources are answered from. Nothing lives in it but the read cache."""

from dataclasses import dataclass
from pathlib import Path

from penstock.client.config import Configuration, cluster
from penstock.coordination.coordination import Coordination
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.collecting import Collecting
from penstock_dispatcher.jar_runner import JarRunner
from penstock_dispatcher.jar_store import JarStore, RedisJarStore


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """One replica. `address`: its own REST address, which programs that it runs submit to."""

    configuration: Configuration
    coordination: Coordination
    reader: ClusterReader
    jars: JarStore
    runner: JarRunner
    collecting: Collecting
    address: str


def connect(configuration: Configuration) -> Coordination:
    """The coordination plane that the configuration names; Redis need not be up yet."""
    storage = configuration.find(cluster.STORAGE_DIR)
    return Coordination.connect(
        configuration.get(cluster.REDIS_URL), configuration.get(cluster.CLUSTER_ID), Path(storage) if storage else None
    )


def redis_jar_store(coordination: Coordination) -> JarStore:
    """Uploaded programs beside everything else."""
    return RedisJarStore(coordination.client, coordination.keys)
