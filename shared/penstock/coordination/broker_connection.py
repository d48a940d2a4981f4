"""A broker connection that comes back within a second: Celery's own waits 2, 4, 6 … s between attempts."""

from typing import Any

from celery.app.amqp import AMQP
from kombu.connection import Connection

from penstock.coordination.broker_transport import strict

#: seconds between attempts
_INTERVALS = {"interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.5}


class QuickConnection(Connection):
    """Celery's worker passes no intervals of its own, and has no setting for them; nor for a transport of one's own."""

    def get_transport_cls(self) -> Any:
        """As kombu's, but strict about what is in a queue."""
        return strict(super().get_transport_cls())  # type: ignore[no-untyped-call]

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """As kombu's, with short intervals."""
        return super().ensure_connection(*args, **{**_INTERVALS, **options})  # type: ignore[no-untyped-call]


class QuickAMQP(AMQP):  # type: ignore[misc]
    """Celery's messaging with our connection class."""

    Connection = QuickConnection
