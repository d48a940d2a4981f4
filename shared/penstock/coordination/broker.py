"""Celery as we use it: a hint that reaches a slot process. Importing this module does not import Celery."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from penstock.coordination.sentinel import SentinelUrl, is_sentinel
from penstock.security.keyring import UNSIGNED, Keyring

if TYPE_CHECKING:
    from celery import Celery

TASK_NAME = "penstock.slot"
#: options of `app.Worker`: nothing that needs other workers, no second heartbeat
WORKER_OPTIONS = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True, "prefetch_multiplier": 1}
_SSL_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_keyfile_password")
#: seconds; a delivery is acknowledged before it runs, so nothing may ever be redelivered for being slow
_NEVER = 10 * 365 * 24 * 3600


def queue_name(taskmanager: str) -> str:
    """The Celery queue that reaches the slots of one TaskManager."""
    return f"taskmanager.{taskmanager}"


def make_app(redis_url: str, prefix: str) -> "Celery":
    """An app for the coordination Redis as broker. `prefix`: of the cluster, separates its queues from others'."""
    from celery import Celery

    behind = SentinelUrl.parse(redis_url) if is_sentinel(redis_url) else None
    broker, encryption = _encryption(redis_url) if behind is None else (behind.broker_url(), None)
    app = Celery("penstock", broker=broker, backend=None, set_as_current=False, amqp=AMQP)
    app.conf.update(
        broker_transport_options={
            "visibility_timeout": _NEVER,
            "global_keyprefix": f"{prefix}:celery:",
            "socket_timeout": 5.0,
            "socket_connect_timeout": 2.0,
            "socket_keepalive": True,
            "health_check_interval": 15,
            # For senders: give up soon, the outbox tries again. The worker waits by `broker_connection`.
            "interval_start": 0.1,
            "interval_step": 0.1,
            "interval_max": 0.5,
            "connect_retries_timeout": 0.5,
        },
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=2.0,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        task_acks_late=False,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_time_limit=None,
        task_soft_time_limit=None,
        task_serializer="json",
        accept_content=["json"],
        task_publish_retry=False,
        task_default_queue="unused",
        enable_utc=True,
    )
    if encryption is not None:
        app.conf.broker_use_ssl = encryption
    if behind is not None:
        asking = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, **dict(behind.sentinel_options)}
        app.conf.broker_transport_options |= {"master_name": behind.service, "sentinel_kwargs": asking}
    return app


def _encryption(url: str) -> tuple[str, dict[str, object] | None]:
    """The URL and how TLS is spoken with it: kombu wants that apart. None: it is not."""
    if not url.startswith("rediss://"):
        return url, None
    import ssl

    address, _, query = url.partition("?")
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    how: dict[str, object] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    return address, how | {name: value for name, value in given.items() if name in _SSL_FILES}


#: where Celery finds the connection class with the quick reconnect
AMQP = "penstock.coordination.broker_connection:QuickAMQP"


def send_hint(app: "Celery", queue: str, job: str, allocation: str, epoch: int, *, keyring: Keyring = UNSIGNED) -> None:
    """Send the hint once. OperationalError (kombu) where the broker is away; again is harmless (`Claims.claim`)."""
    arguments: list[object] = [job, allocation, epoch]
    if keyring.is_signing:
        arguments.append(keyring.tag("hint", queue, _hint(job, allocation, epoch)))
    app.send_task(TASK_NAME, args=arguments, queue=queue, ignore_result=True, retry=False)


def check_hint(arguments: object, queue: str, keyring: Keyring) -> tuple[str, str, int]:
    """(job, allocation, epoch) of the arguments that a message of the queue has. ValueError: it is no hint of ours."""
    match arguments:
        case [str(job), str(allocation), int(epoch)] if not keyring.is_signing:
            return job, allocation, epoch
        case [str(job), str(allocation), int(epoch), str(tag)]:
            keyring.check_tag("hint", queue, _hint(job, allocation, epoch), tag)
            return job, allocation, epoch
    raise ValueError(f"not a hint{' with a seal' if keyring.is_signing else ''}: {str(arguments)[:200]}")


def _hint(job: str, allocation: str, epoch: int) -> bytes:
    return f"{job} {allocation} {epoch}".encode()
