"""Kombu's Redis transports, which hand on nothing but messages of ours: what else is in a queue is logged and dropped.

Theirs raise for it, in the worker's event loop, which is the end of the worker.
"""

from typing import Any

import structlog
from kombu.transport import redis as kombu_redis

from penstock.coordination.broker_message import problem_with
from penstock.security.refusals import refusals

#: those of a TaskManager's queue
TASKS = ("penstock.slot", "penstock.probe")

_log = structlog.get_logger(__name__)


class _Strict:
    """Of a transport."""

    is_handing_on = False

    def _deliver(self, message: Any, queue: str) -> None:
        problem = problem_with(message, TASKS)
        if problem is not None:
            refusals.add("hint")
            _log.error("a Celery message was refused", queue=queue, error=problem)
            return
        self.is_handing_on = True
        super()._deliver(message, queue)  # type: ignore[misc]
        self.is_handing_on = False


class _Careful:
    """Of a channel."""

    connection: Any

    def _brpop_read(self, **options: Any) -> Any:
        self.connection.is_handing_on = False
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            if self.connection.is_handing_on:
                raise
            refusals.add("hint")
            # it is out of the queue already
            _log.error("a Celery message was refused", error=f"cannot be read: {type(error).__name__}: {error}")
            return True


class _Channel(_Careful, kombu_redis.Channel):
    """Of one Redis."""


class _SentinelChannel(_Careful, kombu_redis.SentinelChannel):
    """Of one behind Sentinels."""


class StrictTransport(_Strict, kombu_redis.Transport):
    """Of one Redis."""

    Channel = _Channel


class StrictSentinelTransport(_Strict, kombu_redis.SentinelTransport):
    """Of one behind Sentinels."""

    Channel = _SentinelChannel


def strict(transport: type[Any]) -> type[Any]:
    """In the place of kombu's own."""
    known: dict[type[Any], type[Any]] = {
        kombu_redis.Transport: StrictTransport,
        kombu_redis.SentinelTransport: StrictSentinelTransport,
    }
    return known.get(transport, transport)
