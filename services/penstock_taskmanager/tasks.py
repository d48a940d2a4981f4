"""The two messages a TaskManager's queue carries: hints, which go to a slot process, and probes, which do not."""

from collections.abc import Callable
from typing import Any

import structlog

from penstock.coordination.broker import TASK_NAME, check_hint
from penstock.security.keyring import BadSeal, Keyring
from penstock.security.refusals import refusals
from penstock_taskmanager.slot_process import SlotProcess
from penstock_taskmanager.worker_control import PROBE_NAME
from penstock_taskmanager.worker_link import ProbeSeen, WorkerLink

_log = structlog.get_logger()


def add_tasks(
    app: Any,
    slot_process: SlotProcess,
    expects: Callable[[str], bool],
    link: WorkerLink,
    queue: str,
    keyring: Keyring,
) -> None:
    """Register both with the app of a worker, and nothing else: what Celery brings along is for other workers."""
    for name in [name for name in app.tasks if name.startswith("celery.")]:
        app.tasks.unregister(name)

    class SlotTask(app.Task):  # type: ignore[misc]
        def start_strategy(self, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
            """In the parent: a late copy of a hint costs no process."""
            to_slot = super().start_strategy(app, consumer, **options)

            def receive(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any, **others: Any) -> None:
                try:
                    _, allocation, _ = check_hint(message.payload[0], queue, keyring)
                except (ValueError, LookupError, TypeError) as error:
                    if not isinstance(error, BadSeal):  # which is counted
                        refusals.add("hint")
                    _log.error("a Celery message was refused", queue=queue, error=str(error))
                    ack(*_log_arguments(consumer))
                    return
                if expects(allocation):
                    to_slot(message, body, ack, reject, callbacks, **others)
                else:
                    ack(*_log_arguments(consumer))

            return receive

    class ProbeTask(app.Task):  # type: ignore[misc]
        def start_strategy(self, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
            """In the parent, and nowhere else: a probe needs no free slot."""

            def receive(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any, **others: Any) -> None:
                ack(*_log_arguments(consumer))
                match message.payload:
                    case [[str(token), int(number)], *_]:
                        link.put(ProbeSeen(token, number))
                    case other:
                        refusals.add("hint")
                        _log.error("a Celery message was refused", queue=queue, error=f"no probe: {str(other)[:200]}")

            return receive

    @app.task(name=TASK_NAME, base=SlotTask, ignore_result=True)  # type: ignore[untyped-decorator]
    def slot(job: str, allocation: str, epoch: int, seal: str = "") -> None:
        slot_process.run(job, allocation, epoch)

    @app.task(name=PROBE_NAME, base=ProbeTask, ignore_result=True)  # type: ignore[untyped-decorator]
    def probe(token: str, number: int) -> None:
        raise RuntimeError("a probe is answered by the parent and never runs")


def _log_arguments(consumer: Any) -> tuple[Any, Any]:
    from celery.worker.consumer.consumer import logger

    return logger, consumer.connection_errors
