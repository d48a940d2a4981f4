"""What the TaskManager takes from the configuration. Seconds, unless the name says otherwise."""

import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from penstock.client.config import Configuration, cluster
from penstock.coordination.broker import queue_name
from penstock.security.redis_urls import redis_url

#: what a ReleaseSlot leaves a slot's process to end by itself before it is killed
RELEASE_GRACE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """See the options of the same names in `penstock.client.config.options.cluster`."""

    taskmanager: str
    host: str
    slots: int = 1
    redis_url: str = "redis://127.0.0.1:6379/0"
    prefix: str = "penstock"
    storage_dir: Path | None = None
    tmp_dir: str | None = None
    log_dir: str | None = None
    heartbeat_interval: float = 0.5
    heartbeat_timeout: float = 2.5
    probe_interval: float = 2.0
    probe_timeout: float = 5.0
    release_grace: float = RELEASE_GRACE
    health_port: int = -1
    health_address: str = "127.0.0.1"

    @property
    def queue(self) -> str:
        """The Celery queue that reaches this TaskManager's slots."""
        return queue_name(self.taskmanager)

    @classmethod
    def read(cls, configuration: Configuration) -> "Settings":
        """ValueError names an option whose value cannot be used."""
        slots = configuration.get(cluster.TASK_SLOTS)
        interval = configuration.get(cluster.HEARTBEAT_INTERVAL).total_seconds()
        timeout = configuration.get(cluster.HEARTBEAT_TIMEOUT).total_seconds()
        if not 0 < interval < timeout:
            raise ValueError(
                f"{cluster.HEARTBEAT_TIMEOUT.key} ({timeout} s) must exceed {cluster.HEARTBEAT_INTERVAL.key} "
                f"({interval} s), which must be positive"
            )
        host = configuration.find(cluster.TASKMANAGER_HOST) or socket.gethostname()
        storage_dir = configuration.find(cluster.STORAGE_DIR)
        return cls(
            taskmanager=configuration.find(cluster.TASKMANAGER_ID) or f"taskmanager-{host}-{secrets.token_hex(3)}",
            host=host,
            slots=slots,
            redis_url=redis_url(configuration),
            prefix=configuration.get(cluster.CLUSTER_ID),
            storage_dir=Path(storage_dir) if storage_dir else None,
            tmp_dir=configuration.find(cluster.TMP_DIRS),
            log_dir=configuration.find(cluster.LOG_DIR),
            heartbeat_interval=interval,
            heartbeat_timeout=timeout,
            probe_interval=configuration.get(cluster.PROBE_INTERVAL).total_seconds(),
            probe_timeout=configuration.get(cluster.PROBE_TIMEOUT).total_seconds(),
            health_port=configuration.get(cluster.HEALTH_PORT),
            health_address=configuration.get(cluster.HEALTH_ADDRESS),
        )
