"""What the ResourceManager takes from the configuration. Seconds, unless the name says otherwise."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from penstock.client.config import Configuration, cluster
from penstock.client.config.options.cluster import Provider
from penstock.security.redis_urls import redis_url
from penstock_resourcemanager.workers import WorkerPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """See the options of the same names in `penstock.client.config.options.cluster`."""

    redis_url: str = "redis://127.0.0.1:6379/0"
    prefix: str = "penstock"
    id: str | None = None
    lease_ttl_ms: int = 1500
    lease_interval_ms: int = 400
    lease_poll: float = 0.5
    heartbeat_interval: float = 0.5
    heartbeat_timeout: float = 2.5
    offer_timeout: float = 5.0
    provider: Provider = Provider.STANDALONE
    worker_folder: Path | None = None  #: of the process provider
    workers: WorkerPolicy = field(default_factory=lambda: WorkerPolicy(slots=1, most=1))

    @classmethod
    def read(cls, configuration: Configuration) -> "Settings":
        """ValueError names an option whose value cannot be used."""
        interval = configuration.get(cluster.HEARTBEAT_INTERVAL).total_seconds()
        timeout = configuration.get(cluster.HEARTBEAT_TIMEOUT).total_seconds()
        if not 0 < interval < timeout:
            raise ValueError(
                f"{cluster.HEARTBEAT_TIMEOUT.key} ({timeout} s) must exceed {cluster.HEARTBEAT_INTERVAL.key} "
                f"({interval} s), which must be positive"
            )
        provider, folder = configuration.get(cluster.PROVIDER), configuration.find(cluster.WORKER_FOLDER)
        if provider is Provider.PROCESS and not folder:
            raise ValueError(f"{cluster.PROVIDER.key}: process needs {cluster.WORKER_FOLDER.key}")
        return cls(
            provider=provider,
            worker_folder=Path(folder) if folder else None,
            workers=_policy(configuration),
            redis_url=redis_url(configuration),
            prefix=configuration.get(cluster.CLUSTER_ID),
            id=configuration.find(cluster.SERVICE_ID),
            lease_ttl_ms=round(configuration.get(cluster.LEASE_TTL).total_seconds() * 1000),
            lease_interval_ms=round(configuration.get(cluster.LEASE_INTERVAL).total_seconds() * 1000),
            lease_poll=configuration.get(cluster.LEASE_POLL).total_seconds(),
            heartbeat_interval=interval,
            heartbeat_timeout=timeout,
            offer_timeout=configuration.get(cluster.OFFER_TIMEOUT).total_seconds(),
        )


def _policy(configuration: Configuration) -> WorkerPolicy:
    most = configuration.find(cluster.MOST_SLOTS)
    slots, least = configuration.get(cluster.TASK_SLOTS), configuration.get(cluster.LEAST_SLOTS)
    policy = WorkerPolicy(
        slots=slots,
        most=most if most is not None else max(8, 2 * (os.cpu_count() or 1), least),
        least=least,
        idle_timeout=configuration.get(cluster.TASKMANAGER_TIMEOUT).total_seconds(),
        start_timeout=configuration.get(cluster.REGISTRATION_TIMEOUT).total_seconds(),
    )
    if not least <= policy.most:
        raise ValueError(
            f"{cluster.LEAST_SLOTS.key} ({least}) must not exceed {cluster.MOST_SLOTS.key} ({policy.most})"
        )
    return policy
