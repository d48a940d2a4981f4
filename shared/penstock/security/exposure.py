"""Who can reach a service, as far as its configuration tells; a service that others reach needs a secret."""

import ipaddress
from urllib.parse import urlsplit

import structlog

from penstock.client.config import Configuration, ConfigurationError, cluster, rest
from penstock.client.config.options import security
from penstock.security.configured import keyring_of, token_of

_log = structlog.get_logger(__name__)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it: by its address, or as `localhost`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def hosts_of(url: str) -> list[str]:
    """The hosts of a Redis URL, of Sentinels several; none of a socket in the file system."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return []
    return [host for host in (_host(each) for each in parts.netloc.rpartition("@")[2].split(",")) if host]


def reachable_parts(configuration: Configuration, *, is_dispatcher: bool = False) -> list[str]:
    """What other machines can reach, in words."""
    urls = [configuration.get(cluster.REDIS_URL), *(configuration.find(cluster.EXCHANGE_URLS) or ())]
    found = [f"the Redis at {host}" for url in urls for host in hosts_of(url) if not is_loopback(host)]
    address = configuration.get(rest.BIND_ADDRESS)
    if is_dispatcher and not is_loopback(address):
        found.append(f"REST at {address or '0.0.0.0'}")
    return list(dict.fromkeys(found))


def check_exposure(configuration: Configuration, *, is_dispatcher: bool = False) -> None:
    """To be called when a service starts. ConfigurationError where it is open to others and nothing is signed; a
    warning where REST is, without a token. ValueError: a secret that cannot be used."""
    address = configuration.get(rest.BIND_ADDRESS)
    if is_dispatcher and not is_loopback(address) and token_of(configuration) is None:
        _log.warning(
            "REST is open: whoever reaches this address can run any code on the cluster. Set penstock.rest.token, or "
            "bind to the loopback (rest.bind-address: 127.0.0.1)",
            address=address,
        )
    if keyring_of(configuration).is_signing:
        return
    parts = reachable_parts(configuration, is_dispatcher=is_dispatcher)
    if not parts:
        return
    problem = (
        f"others than this machine can reach {', '.join(parts)}, and there is no cluster secret: whoever writes there "
        f"runs code here. Set {security.SECRET.key} to the same secret for all services (`file:PATH`; see "
        "docs/security.md)"
    )
    if configuration.get(security.SECRET_REQUIRED):
        raise ConfigurationError([f"{problem}, or {security.SECRET_REQUIRED.key}: false if that is meant"])
    _log.warning(problem)


def _host(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if ":" in text else text
