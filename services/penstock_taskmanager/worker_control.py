"""What the agent may do to the worker it lives in."""

import contextlib
import os
import secrets
import socket
import sys
from typing import Any

import redis.exceptions
import structlog
from kombu.exceptions import OperationalError

PROBE_NAME = "penstock.probe"

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

    def replace_child(self) -> None:
        """A child is dead: fork another now. Celery looks when the child's pipe closes, which is a moment before it can
        be reaped, and then not again for five seconds."""
        hub, pool = getattr(self.consumer, "hub", None), getattr(self.consumer, "pool", None)
        if hub is not None and pool is not None:
            hub.call_soon(pool.maintain_pool)

    def terminate(self, status: int) -> None:
        """End the process. Celery's own end would wait for tasks that never end, and has nothing left to save: hints
        are sent again, and children die with their parent."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _break() -> None:
    raise ConnectionResetError("the consumer was deaf to a probe")


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        # An error means that it is closed already, which is what was wanted.
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
