"""Which names a request may call this dispatcher by. Pure."""

import ipaddress
import socket
from collections.abc import Iterable
from functools import cache


class AllowedHosts:
    """Addresses, names without a dot, the machine's own names, and those that are configured (`*`: any).

    A page from elsewhere can have its own name point here (DNS rebinding), and is then of our origin for the browser:
    but the requests that it sends carry that name.
    """

    def __init__(self, configured: Iterable[str]) -> None:
        self._names = {name.strip().lower().partition(":")[0] for name in configured if name.strip()}

    def allows(self, host: str) -> bool:
        """`host`: as in the header, with or without a port."""
        name = _without_port(host).lower().rstrip(".")
        if "*" in self._names or name in self._names or ("." not in name and ":" not in name):
            return bool(name) or "*" in self._names
        return name.endswith(".localhost") or _is_address(name) or name in _own_names()


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _own_names() -> frozenset[str]:
    return frozenset({socket.gethostname().lower(), socket.getfqdn().lower()})
