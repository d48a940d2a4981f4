"""What the ResourceManager takes from the configuration. Seconds, unless the name says otherwise."""

from dataclasses import dataclass

from penstock.client.config import Configuration, cluster


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
        return cls(
            redis_url=configuration.get(cluster.REDIS_URL),
            prefix=configuration.get(cluster.CLUSTER_ID),
            id=configuration.find(cluster.SERVICE_ID),
            lease_ttl_ms=round(configuration.get(cluster.LEASE_TTL).total_seconds() * 1000),
            lease_interval_ms=round(configuration.get(cluster.LEASE_INTERVAL).total_seconds() * 1000),
            lease_poll=configuration.get(cluster.LEASE_POLL).total_seconds(),
            heartbeat_interval=interval,
            heartbeat_timeout=timeout,
            offer_timeout=configuration.get(cluster.OFFER_TIMEOUT).total_seconds(),
        )
