"""Dispatcher: what the REST resources are answered from. Nothing lives in it but the read cache."""

from dataclasses import dataclass, field
from pathlib import Path

from penstock.client.config import Configuration, cluster
from penstock.client.config.options import BY_OLD_KEY
from penstock.coordination.coordination import Coordination
from penstock.graph.job_graph import JobGraph
from penstock.security.configured import keyring_of
from penstock.security.redis_urls import redis_url
from penstock.service.exposition import Exposition
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.collecting import Collecting
from penstock_dispatcher.disposal_store import DisposalStore
from penstock_dispatcher.jar_runner import JarRunner
from penstock_dispatcher.jar_store import JarStore, RedisJarStore
from penstock_dispatcher.metrics.log_sizes import LogSizes, NoLogSizes
from penstock_dispatcher.savepoint_files import SavepointFiles


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """One replica. `address`: its own REST address, which programs that it runs submit to."""

    configuration: Configuration
    coordination: Coordination
    reader: ClusterReader
    jars: JarStore
    runner: JarRunner
    collecting: Collecting
    disposals: DisposalStore
    savepoints: SavepointFiles
    address: str
    sizes: LogSizes = field(default_factory=NoLogSizes)
    exposition: Exposition = field(default_factory=lambda: Exposition("dispatcher", ""))

    def configuration_of(self, graph: JobGraph) -> Configuration:
        """What holds for a job: its own settings above the cluster's."""
        own = graph.configuration
        # under an old key of an option the job's value would stand behind the cluster's
        renamed = {BY_OLD_KEY[key].key: value for key, value in own.items() if key in BY_OLD_KEY}
        return self.configuration.with_overrides({**own, **{k: v for k, v in renamed.items() if k not in own}})


def connect(configuration: Configuration) -> Coordination:
    """The coordination plane that the configuration names; Redis need not be up yet."""
    storage = configuration.find(cluster.STORAGE_DIR)
    return Coordination.connect(
        redis_url(configuration),
        configuration.get(cluster.CLUSTER_ID),
        Path(storage) if storage else None,
        keyring_of(configuration),
    )


def redis_jar_store(coordination: Coordination) -> JarStore:
    """Uploaded programs beside everything else."""
    return RedisJarStore(coordination.client, coordination.keys)
