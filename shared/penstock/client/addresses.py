"""REST addresses as users write them: `HOST`, `HOST:PORT`, `http(s)://HOST:PORT`, several joined by commas."""

from collections.abc import Iterable

from penstock.client.config import Configuration, rest
from penstock.client.config.options import security


def base_url(address: str, default_port: int = 8081, default_scheme: str = "http") -> str:
    """The URL of one address, without a trailing slash. ValueError names an address that is none."""
    scheme, separator, rest_of_it = address.strip().rstrip("/").rpartition("://")
    if (separator and scheme not in ("http", "https")) or not rest_of_it or any(c in rest_of_it for c in "/ @?#"):
        raise ValueError(f"not a REST address: {address!r}; expected HOST:PORT")
    host, colon, port = rest_of_it.rpartition(":")
    if not colon or rest_of_it.endswith("]"):
        host, port = rest_of_it, str(default_port)
    if not port.isdecimal() or not 0 < int(port) < 65536 or not host or (":" in host and not host.startswith("[")):
        raise ValueError(f"not a REST address: {address!r}; expected HOST:PORT with a port from 1 to 65535")
    return f"{scheme or default_scheme}://{host}:{int(port)}"


def base_urls(addresses: Iterable[str], default_port: int = 8081, default_scheme: str = "http") -> tuple[str, ...]:
    """The URLs of several addresses, in order, without repetitions."""
    return tuple(dict.fromkeys(base_url(a, default_port, default_scheme) for a in addresses))


def configured_addresses(configuration: Configuration) -> tuple[str, ...]:
    """The URLs that `penstock.rest.addresses`, else `rest.address` and `rest.port`, name; empty: neither is set."""
    port = configuration.get(rest.REST_PORT)
    several = configuration.find(rest.REST_ADDRESSES)
    one = configuration.find(rest.REST_ADDRESS)
    return base_urls(several or ((one,) if one else ()), port, scheme_of(configuration))


def scheme_of(configuration: Configuration) -> str:
    """Of an address that has none."""
    return "https" if configuration.get(security.SSL_ENABLED) else "http"
