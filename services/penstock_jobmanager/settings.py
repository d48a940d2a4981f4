"""The configuration as this service reads it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from penstock.client.config import Configuration, cluster, execution
from penstock.client.config.options import checkpointing
from penstock.coordination.restart_strategy import RestartConfig
from penstock.coordination.sentinel import is_sentinel
from penstock.graph.job_graph import JobGraph
from penstock.security.redis_urls import exchange_urls, redis_url
from penstock_jobmanager import checkpoint_storage
from penstock_jobmanager.checkpoint_config import CheckpointConfig
from penstock_jobmanager.options import JobMasterOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the planes are, and how leases are timed (ms)."""

    redis_url: str
    exchange_urls: tuple[str, ...]
    cluster_id: str
    storage_dir: Path | None
    lease_ttl: int
    lease_interval: int
    lease_poll: int

    @classmethod
    def of(cls, configuration: Configuration) -> "Settings":
        url, exchanges = redis_url(configuration), exchange_urls(configuration)
        storage = configuration.find(cluster.STORAGE_DIR)
        if not exchanges and is_sentinel(url):
            raise ValueError(
                f"{cluster.EXCHANGE_URLS.key} must be set: records are not carried by a Redis behind Sentinels"
            )
        return cls(
            redis_url=url,
            exchange_urls=exchanges or (url,),
            cluster_id=configuration.get(cluster.CLUSTER_ID),
            storage_dir=Path(storage) if storage else None,
            lease_ttl=_ms(configuration.get(cluster.LEASE_TTL)),
            lease_interval=_ms(configuration.get(cluster.LEASE_INTERVAL)),
            lease_poll=_ms(configuration.get(cluster.LEASE_POLL)),
        )


def master_options(configuration: Configuration, graph: JobGraph | None = None) -> JobMasterOptions:
    """What applies to one JobMaster. ValueError names an ill-typed key: a job's own configuration is unchecked text.

    `graph`: the job; None: before it was read, only the bounds of leading it count.
    """
    if graph is None:
        checkpoints, restart, savepoint = CheckpointConfig(), RestartConfig(), None
    else:
        checkpoints = checkpoint_storage.located(
            CheckpointConfig.of(configuration, is_batch=graph.job_type == "BATCH"), configuration, graph.job_id
        )
        restart = RestartConfig.of(configuration, checkpointing_enabled=checkpoints.enabled)
        # a service's own configuration must not make every job start from one savepoint
        savepoint = Configuration(graph.configuration).find(checkpointing.RECOVERY_PATH)
    return JobMasterOptions(
        checkpoints=checkpoints,
        restart=restart,
        savepoint=savepoint or None,
        allow_non_restored=configuration.get(checkpointing.IGNORE_UNCLAIMED),
        slot_request_timeout=configuration.get(cluster.SLOT_REQUEST_TIMEOUT).total_seconds(),
        claim_timeout=configuration.get(cluster.CLAIM_TIMEOUT).total_seconds(),
        cancellation_timeout=configuration.get(execution.CANCELLATION_TIMEOUT).total_seconds(),
        attempts_history_size=configuration.get(cluster.MAX_ATTEMPTS_HISTORY),
        exception_history_size=max(1, configuration.get(cluster.EXCEPTION_HISTORY)),
        takeover_limit=configuration.get(cluster.TAKEOVER_LIMIT),
        failover=configuration.get(execution.FAILOVER_STRATEGY),
        deterministic_functions=configuration.get(execution.DETERMINISTIC_FUNCTIONS),
        retained_bytes=configuration.get(execution.RETAINED_SIZE),
    )


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
