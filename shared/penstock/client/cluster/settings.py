"""What a local cluster is made of, kept in its folder so that a second `start` starts only what is missing."""

import msgspec

from penstock.client.config import Configuration
from penstock.client.config.options import cluster as options
from penstock.client.config.options import security
from penstock.client.config.options.cluster import Provider
from penstock.security.configured import keyring_of
from penstock.security.keyring import Keyring
from penstock.security.redis_urls import completed


class ClusterSettings(msgspec.Struct, kw_only=True):
    """Counts, addresses and configuration of a cluster. `redis` and `exchange` that are not ours are external."""

    taskmanagers: int = 2
    slots: int = 2
    jobmanagers: int = 1
    dispatchers: int = 1
    resourcemanagers: int = 1
    rest_ports: list[int] = []
    redis: str = ""
    exchange: list[str] = []
    own_redis: bool = True
    own_exchange: bool = True
    configuration: dict[str, str] = {}
    members: dict[str, dict[str, str]] = {}  #: service ("jobmanager-1") -> configuration of that one alone

    @property
    def rest(self) -> list[str]:
        """The URL of each dispatcher."""
        scheme = "https" if Configuration(self.configuration).get(security.SSL_ENABLED) else "http"
        return [f"{scheme}://127.0.0.1:{port}" for port in self.rest_ports]

    @property
    def redis_url(self) -> str:
        """As a client connects by it: with what the configuration has of user, password and TLS."""
        return completed(self.redis, Configuration(self.configuration))

    @property
    def keyring(self) -> Keyring:
        """Of the cluster's secret. ValueError: its file cannot be read."""
        return keyring_of(Configuration(self.configuration))

    @property
    def total_slots(self) -> int:
        """Slots of all TaskManagers."""
        return self.taskmanagers * self.slots


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """What one `start` asks for; None: as before, or the default."""

    provider: str | None = None  #: of TaskManagers: standalone, process
    taskmanagers: int | None = None
    slots: int | None = None
    jobmanagers: int | None = None
    dispatchers: int | None = None
    resourcemanagers: int | None = None
    rest_port: int | None = None  #: of the first dispatcher, the others follow; 0: any free ones
    redis: str | None = None
    exchange: tuple[str, ...] = ()
    configuration: dict[str, str] = {}
    members: dict[str, dict[str, str]] = {}


def merge(previous: ClusterSettings | None, requested: Requested) -> ClusterSettings:
    """The settings of this start: the folder's previous ones, and what is asked for now. Chooses no ports."""
    merged = msgspec.structs.replace(previous) if previous is not None else ClusterSettings()
    merged.configuration = dict(merged.configuration)
    for name in ("taskmanagers", "slots", "jobmanagers", "dispatchers", "resourcemanagers"):
        count = getattr(requested, name)
        if count is not None:
            setattr(merged, name, count)
    if requested.provider is not None:
        merged.configuration[options.PROVIDER.key] = requested.provider
        if requested.taskmanagers is None and requested.provider == Provider.PROCESS.value:
            merged.taskmanagers = 0
    if requested.redis is not None:
        merged.redis, merged.own_redis = requested.redis, False
    if requested.exchange:
        merged.exchange, merged.own_exchange = list(requested.exchange), False
    merged.configuration |= requested.configuration
    merged.members = merged.members | requested.members
    return merged
