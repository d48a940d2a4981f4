"""Who holds a lease: its nonce begins with the holder's id, and the connection that renews it is called by that id."""

import secrets
from typing import NamedTuple

#: what the name of a connection begins with that renews leases; then the holder's id
HOLDER_NAME = "penstock-lease-holder-"
_BETWEEN = "."


class HeldLease(NamedTuple):
    """A lease as Redis has it."""

    nonce: str
    left_ms: int  #: until it is free, should nobody renew it


def new_nonce(holder: str) -> str:
    """Never the same twice."""
    return f"{holder}{_BETWEEN}{secrets.token_hex(16)}"


def holder_of(nonce: str) -> str:
    """Empty where the nonce does not tell."""
    holder, found, _ = nonce.partition(_BETWEEN)
    return holder if found else ""
