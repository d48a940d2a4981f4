"""What the agent may do to the worker it lives in."""

import contextlib
import os
import secrets
import socket
import threading
from typing import Any

import redis.exceptions
import structlog
from celery.worker import state
from kombu.exceptions import OperationalError

PROBE_NAME = "penstock.probe"
#: seconds the worker gets to end by itself once it was told
_LAST_GRACE = 3.0

_log = structlog.get_logger()


class WorkerControl:
    """Used from the agent's thread; the worker belongs to the main thread."""

    def __init__(self, app: Any, queue: str) -> None:
        self._app = app
        self._queue = queue
        self.consumer: Any = None  #: Celery's, once there is one
        #: marks the probes of this process: its queue may hold some of a predecessor with the same id
        self.token = secrets.token_hex(8)

    def send_probe(self, number: int) -> bool:
        """Through the very queue that hints take. False: the broker is away."""
        try:
            self._app.send_task(
                PROBE_NAME, args=[self.token, number], queue=self._queue, ignore_result=True, retry=False
            )
        except (OperationalError, OSError, redis.exceptions.RedisError) as error:
            _log.warning("cannot send a probe: the broker is away", error=str(error))
            return False
        return True

    def restart_consumer(self) -> None:
        """Make Celery believe that the connection broke: it opens a new one, and running tasks go on."""
        hub = getattr(self.consumer, "hub", None)
        if hub is not None:
            hub.call_soon(_break)

    def interrupt_consumer(self) -> None:
        """End the sockets of the consumer, in case its thread hangs in one of them."""
        connection = getattr(self.consumer, "connection", None)
        for channel in list(getattr(getattr(connection, "transport", None), "channels", None) or ()):
            for name in ("client", "subclient"):
                # Only what is cached: the properties themselves would dial.
                client = vars(channel).get(name)
                _shut(getattr(getattr(client, "connection", None), "_sock", None))

    def terminate(self, status: int) -> None:
        """End the process with this exit status, by force where it takes too long."""
        state.should_terminate = status
        hub = getattr(self.consumer, "hub", None)
        if hub is not None:
            hub.call_soon(_nothing)
        watchdog = threading.Timer(_LAST_GRACE, os._exit, [status])
        watchdog.daemon = True
        watchdog.start()


def _break() -> None:
    raise ConnectionResetError("the consumer was deaf to a probe")


def _nothing() -> None:
    """Wakes the loop, which then looks at its flags."""


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        # An error means that it is closed already, which is what was wanted.
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
