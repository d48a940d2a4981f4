"""The helper process of `LeaseRenewer`: `python -m penstock.coordination.renewer_process`, tiny, beside a leader.

It renews the leases of its parent, so that a second of GIL or a large graph moves no job; it stops renewing when the
parent's main loop has not beaten for `beat_timeout` s, and releases everything when the parent is gone (EOF on stdin).
This module imports redis and little else.

Lines of JSON. In: first `{"url", "prefix", "ttl_ms", "interval_ms", "beat_timeout", "holder"}`, then
`{"op": "hold", "role", "nonce"}`, `{"op": "drop", "role"}`, `{"op": "beat"}`. Out: first `{"ready": true}`, then
`{"role", "nonce", "at"}` with `at` null where the lease is lost, else the monotonic time (s) just before the renewal.
"""

import json
import os
import select
import time
from contextlib import suppress

import redis

from penstock.coordination.connection import connect, is_away
from penstock.coordination.holder import HOLDER_NAME
from penstock.coordination.keys import Keys
from penstock.coordination.leases import RedisLeases


class Renewer:
    """Single-threaded: one loop over stdin and the clock."""

    def __init__(self, leases: RedisLeases, ttl_ms: int, interval_ms: int, beat_timeout: float, output: int) -> None:
        self._leases = leases
        self._ttl_ms = ttl_ms
        self._interval = interval_ms / 1000
        self._beat_timeout = beat_timeout
        self._output = output
        self._held: dict[str, str] = {}
        self._beat = self._due = time.monotonic()

    def run(self, input: int) -> None:
        """Until EOF. Then release what is held."""
        rest = b""
        while True:
            ready, _, _ = select.select([input], [], [], max(self._due - time.monotonic(), 0.0))
            if ready:
                data = os.read(input, 65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            if time.monotonic() >= self._due:
                self._renew_all()
                self._due = time.monotonic() + self._interval
        for role, nonce in self._held.items():
            if not self._release(role, nonce):
                break  # nor would the others get through

    def _obey(self, order: dict[str, str]) -> None:
        if order["op"] == "hold":
            self._held[order["role"]] = order["nonce"]
        elif order["op"] == "drop":
            nonce = self._held.pop(order["role"], None)
            if nonce is not None:
                self._release(order["role"], nonce)
        self._beat = time.monotonic()

    def _release(self, role: str, nonce: str) -> bool:
        """False: Redis is away, and the lease expires by itself."""
        try:
            self._leases.release(role, nonce)
        except redis.RedisError as error:
            if not is_away(error):
                raise
            return False
        return True

    def _renew_all(self) -> None:
        if time.monotonic() - self._beat > self._beat_timeout:
            return
        at = time.monotonic()
        try:
            lost = self._leases.renew_all(self._held, self._ttl_ms)
        except redis.RedisError as error:
            if not is_away(error):
                raise
            return  # the parent sees it by the missing confirmation
        for role, nonce in self._held.items():
            self.say({"role": role, "nonce": nonce, "at": None if role in lost else at})
        for role in lost:
            del self._held[role]

    def say(self, message: dict[str, object]) -> None:
        """To the parent."""
        with suppress(BrokenPipeError):  # the parent is gone; EOF on stdin ends us
            os.write(self._output, json.dumps(message).encode() + b"\n")


def main() -> None:
    """Run for the parent at the other end of stdin and stdout."""
    first = b""
    while not first.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return
        first += byte
    setup = json.loads(first)
    # A call must not outlast the lease: what follows it would come too late anyway.
    name = HOLDER_NAME + setup["holder"]
    client = connect(setup["url"], timeout=setup["ttl_ms"] / 1000, blocking=False, name=name)
    leases = RedisLeases(client, Keys(setup["prefix"]))
    renewer = Renewer(leases, setup["ttl_ms"], setup["interval_ms"], setup["beat_timeout"], output=1)
    with suppress(redis.RedisError):
        client.ping()  # so that the connection is there before a lease is
    renewer.say({"ready": True})
    renewer.run(input=0)
    client.close()


if __name__ == "__main__":
    main()
