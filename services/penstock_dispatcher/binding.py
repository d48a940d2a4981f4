"""The dispatcher's listening socket, and the addresses under which it is reached."""

import socket
from collections.abc import Iterator

from penstock.client.addresses import base_url

_WILDCARDS = ("0.0.0.0", "::", "")


def ports(text: str) -> Iterator[int]:
    """The ports of `rest.bind-port`: `8081`, `0`, `8081,8090-8099`. ValueError: not of that form."""
    for part in text.split(","):
        first, dash, last = (p.strip() for p in part.partition("-"))
        try:
            low, high = int(first), int(last if dash else first)
        except ValueError:
            raise ValueError(f"rest.bind-port is {text!r}; expected ports and ranges like 8081,8090-8099") from None
        if not 0 <= low <= high <= 65535:
            raise ValueError(f"rest.bind-port is {text!r}; {part.strip()} is not a range of ports")
        yield from range(low, high + 1)


def bind(host: str, port_text: str) -> socket.socket:
    """A listening socket on the first free port. OSError names host and ports where none is free."""
    reason = "no port given"
    for port in ports(port_text):
        try:
            listening = socket.create_server((host, port), family=_family(host), backlog=512)
        except OSError as error:
            reason = str(error.strerror or error)
            continue
        # an answer is two writes: with Nagle's algorithm the second waits 40 ms for a delayed ACK of the first
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    raise OSError(f"the dispatcher cannot listen at {host}, port {port_text}: {reason} (rest.bind-port)")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def own_url(listening: socket.socket, scheme: str = "http") -> str:
    """The URL for processes of this machine."""
    host, port = listening.getsockname()[:2]
    if host in _WILDCARDS:
        host = "::1" if listening.family == socket.AF_INET6 else "127.0.0.1"
    return _url(host, port, scheme)


def advertised_url(listening: socket.socket, advertised: str | None, scheme: str = "http") -> str:
    """The URL for everybody else: as configured, else by the bound address, else by the machine's name."""
    host, port = listening.getsockname()[:2]
    if advertised:
        return base_url(advertised, port, scheme)
    return _url(socket.gethostname() if host in _WILDCARDS else host, port, scheme)


def _url(host: str, port: int, scheme: str) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
