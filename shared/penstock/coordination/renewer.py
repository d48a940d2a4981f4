"""A leader's side of the lease renewer: starts the helper process and keeps what it has confirmed."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from typing import Self

import structlog

from penstock.coordination.holder import new_nonce

_log = structlog.get_logger(__name__)

#: seconds between two beats that reach the helper, however often the main loop turns
_BEAT_EVERY = 0.2
_RESPAWN_AFTER = 1.0


class LeaseRenewer:
    """Renews leases from a process of its own, and judges by our own clock whether we may still act.

    Call `beat` in the main loop, and `valid` before acting. Not over a fork: the leases are released when the last copy
    of our end of the pipe is closed.
    """

    def __init__(
        self, redis_url: str, prefix: str, ttl_ms: int = 1500, interval_ms: int = 400, *, beat_timeout: float = 5.0
    ) -> None:
        """`beat_timeout`: seconds without a `beat` after which the main loop counts as stuck and renewal stops."""
        if not 0 < interval_ms * 2 <= ttl_ms:
            raise ValueError(
                f"the renewal interval {interval_ms} ms must be at most half of the lease's TTL {ttl_ms} ms"
            )
        self._holder = secrets.token_hex(8)
        self._setup: dict[str, object] = {
            "url": redis_url,
            "prefix": prefix,
            "ttl_ms": ttl_ms,
            "interval_ms": interval_ms,
            "beat_timeout": beat_timeout,
            "holder": self._holder,
        }
        self._patience = ttl_ms / 1000 * 2 / 3
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._confirmed: dict[str, float] = {}
        self._lost: set[str] = set()
        self._last_beat = 0.0
        self._started = 0.0
        self._unsent = bytearray()
        self._ready = threading.Event()
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Of the helper process."""
        return self._process.pid

    def nonce(self) -> str:
        """A new one, which tells others whose it is; when the helper has its connection, by which they find it."""
        self._ready.wait(self._patience)
        return new_nonce(self._holder)

    def hold(self, role: str, nonce: str, *, acquired: float | None = None) -> None:
        """Renew from now on. `acquired`: `time.monotonic()` just before the `acquire` that succeeded, default now."""
        with self._lock:
            self._held[role] = nonce
            self._confirmed[role] = time.monotonic() if acquired is None else acquired
            self._lost.discard(role)
            self._send({"op": "hold", "role": role, "nonce": nonce})

    def drop(self, role: str) -> None:
        """Release the lease, soon. A role that is not held is left alone."""
        with self._lock:
            if self._held.pop(role, None) is not None:
                self._send({"op": "drop", "role": role})
            self._confirmed.pop(role, None)
            self._lost.discard(role)

    def beat(self) -> None:
        """The main loop advanced. Cheap; starts the helper again should it have died."""
        now = time.monotonic()
        if now - self._last_beat < _BEAT_EVERY:
            return
        self._last_beat = now
        with self._lock:
            if self._process.poll() is not None and now - self._started > _RESPAWN_AFTER:
                self._replace()
            self._flush()
            if not self._unsent:
                self._send({"op": "beat"})

    def lost(self) -> set[str]:
        """Roles whose renewal was answered "not yours", until they are dropped or held again."""
        with self._lock:
            return set(self._lost)

    def valid(self, role: str) -> bool:
        """Whether the last confirmed renewal is younger than two thirds of the TTL."""
        with self._lock:
            confirmed = self._confirmed.get(role)
            return confirmed is not None and time.monotonic() - confirmed < self._patience

    def close(self) -> None:
        """Release everything and wait for the helper to end."""
        process = self._process
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()
        with self._lock:
            self._held.clear()
            self._confirmed.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C at the terminal is the parent's to answer.
        process = subprocess.Popen(
            [sys.executable, "-m", "penstock.coordination.renewer_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        self._ready.clear()
        self._started = time.monotonic()
        self._process = process
        self._send(self._setup)
        self._reader = threading.Thread(target=self._listen, args=(process,), name="lease-renewer", daemon=True)
        self._reader.start()
        return process

    def _replace(self) -> None:
        _log.warning("the lease renewer died, starting another", status=self._process.returncode)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._unsent.clear()
        self._process = self._start()
        for role, nonce in self._held.items():
            self._send({"op": "hold", "role": role, "nonce": nonce})

    def _send(self, message: dict[str, object]) -> None:
        self._unsent += json.dumps(message).encode() + b"\n"
        self._flush()

    def _flush(self) -> None:
        assert self._process.stdin is not None
        try:
            while self._unsent:
                del self._unsent[: os.write(self._process.stdin.fileno(), self._unsent)]
        except BlockingIOError:
            pass  # it does not listen just now; an order that it missed would leave a lease renewed for ever, or never
        except BrokenPipeError as error:
            # Nothing is confirmed any more, so `valid` turns false by itself; the next beat starts another helper.
            _log.warning("the lease renewer does not listen", error=repr(error))

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                message = json.loads(line)
                if "ready" in message:
                    self._ready.set()
                else:
                    self._heard(**message)

    def _heard(self, role: str, nonce: str, at: float | None) -> None:
        with self._lock:
            if self._held.get(role) != nonce:
                return  # about a lease we gave up
            if at is None:
                self._lost.add(role)
                self._confirmed.pop(role, None)
            else:
                self._confirmed[role] = max(at, self._confirmed.get(role, at))
