"""Carries out outbox effects in a few threads and acknowledges each by an event of the job.

At least once: a successor carries out what it finds in the outbox, whether or not we were done with it.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

import structlog
import tenacity

from penstock.client.config import Configuration
from penstock.coordination.keys import Keys
from penstock.coordination.messages import EffectDone, ExchangeRef, GraphStored, LogsCreated, Message, encode
from penstock.coordination.parts import Blobs, Events
from penstock.coordination.patience import retrying
from penstock.graph.job_graph import JobGraph
from penstock.graph.rescaling import resized
from penstock.service.outage import is_outage
from penstock_jobmanager import checkpoint_effects
from penstock_jobmanager.checkpoint_effects import StorageOf
from penstock_jobmanager.commits import job_role
from penstock_jobmanager.effect_inputs import Given
from penstock_jobmanager.effects import (
    CancelBarriers,
    CreateLogs,
    DeleteLogs,
    Effect,
    SendHint,
    StorageEffect,
    StoreGraph,
)
from penstock_jobmanager.mirrored import Mirrored

_log = structlog.get_logger(__name__)


class InputLogs(Protocol):
    """Input logs in the exchange Redises; every call may be repeated."""

    def create(self, graph: JobGraph, generation: int) -> tuple[ExchangeRef, ...]: ...

    def delete(self, graph: JobGraph, generation: int) -> None: ...

    def cancel(self, graph: JobGraph, generation: int, checkpoint: int, epoch: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """An effect with all that it takes. `graph`: of the job, as of the commit; `given`: see `effect_inputs`."""

    effect: Effect
    graph: JobGraph
    epoch: int
    configuration: Configuration
    given: Given = None


#: (queue, job, allocation, epoch): send the Celery hint
SendHintCall = Callable[[str, str, str, int], None]


class EffectRunner:
    """`submit` what a commit put into the outbox, `withdraw` what one took out of it."""

    def __init__(
        self,
        events: Events,
        keys: Keys,
        logs: InputLogs,
        send_hint: SendHintCall,
        blobs: Blobs,
        storage_of: StorageOf,
        *,
        create_within: float = 30.0,
        delete_within: float = 10.0,
    ) -> None:
        self._events, self._keys, self._logs, self._send_hint = events, keys, logs, send_hint
        self._blobs, self._storage_of = blobs, storage_of
        self._create_within, self._delete_within = create_within, delete_within
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="effect")
        # slow storage must keep no job from its slots
        self._storage_pool = ThreadPoolExecutor(4, thread_name_prefix="checkpoint")
        self._lock = threading.Lock()
        self._wanted: dict[tuple[str, str], int] = {}
        self._serial = 0
        #: creation and deletion of one job's logs must not overlap, nor two changes of its storage
        self._locks: dict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def submit(self, job: str, name: str, make: Callable[[], Order]) -> None:
        """Carry it out, unless that is under way already; only then `make` is called, in this thread."""
        with self._lock:
            if (job, name) in self._wanted:
                return
            self._serial += 1
            serial = self._wanted[job, name] = self._serial
        try:
            order = make()
        except BaseException:
            self.withdraw(job, name)
            raise
        pool = self._storage_pool if isinstance(order.effect, StorageEffect) else self._pool
        pool.submit(self._run, job, name, serial, order)

    def look(self, job: str, configuration: Configuration) -> "Future[Mirrored]":
        """What is mirrored of a job, read in the background."""
        return self._storage_pool.submit(lambda: self._storage_of(configuration, job).read_mirrors())

    def withdraw(self, job: str, name: str) -> None:
        """It is out of the outbox: try no more."""
        with self._lock:
            self._wanted.pop((job, name), None)

    def forget(self, job: str) -> None:
        """The job is not ours any more: its next leader carries out what is left."""
        with self._lock:
            for key in [key for key in self._wanted if key[0] == job]:
                del self._wanted[key]
            for lock in [lock for lock in self._locks if lock[0] == job]:
                del self._locks[lock]

    def close(self) -> None:
        """Stop trying; returns when no call is under way."""
        with self._lock:
            self._wanted.clear()
        self._pool.shutdown(cancel_futures=True)
        self._storage_pool.shutdown(cancel_futures=True)

    def _is_unwanted(self, job: str, name: str, serial: int) -> bool:
        return not self._is_wanted(job, name, serial)

    def _is_wanted(self, job: str, name: str, serial: int) -> bool:
        with self._lock:
            return self._wanted.get((job, name)) == serial

    def _run(self, job: str, name: str, serial: int, order: Order) -> None:
        with structlog.contextvars.bound_contextvars(job=job, effect=name):
            try:
                answer = self._carry_out(job, name, serial, order)
                if answer is not None:
                    append = retrying("acknowledge an effect", stop=partial(self._is_unwanted, job, name, serial))
                    append(self._events.append, self._keys.events(job_role(job)), encode(answer))
            except Exception:
                # the outbox row stays: whoever leads next tries again
                _log.exception("an effect could not be acknowledged")
                self.withdraw(job, name)

    def _carry_out(self, job: str, name: str, serial: int, order: Order) -> Message | None:
        """The event that acknowledges it; None where it is not wanted any more."""

        def once() -> Message | None:
            with self._lock_of(job, order.effect):
                return self._call(job, name, order) if self._is_wanted(job, name, serial) else None

        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_outage),
            wait=tenacity.wait_exponential(multiplier=0.1, max=1.0),
            stop=tenacity.stop_after_delay(self._patience(order.effect)),
            reraise=True,
        )
        try:
            return attempts(once)
        except Exception as error:
            _log.warning("an effect failed", error=repr(error))
            return EffectDone(effect=name, error=f"{type(error).__name__}: {error}", epoch=order.epoch)

    def _lock_of(self, job: str, effect: Effect) -> AbstractContextManager[object]:
        if isinstance(effect, (SendHint, StoreGraph)):
            return nullcontext()
        with self._lock:
            return self._locks[job, "storage" if isinstance(effect, StorageEffect) else "logs"]

    def _call(self, job: str, name: str, order: Order) -> Message:
        effect, graph, epoch = order.effect, order.graph, order.epoch
        match effect:
            case SendHint(allocation=allocation, queue=queue):
                self._send_hint(queue, job, allocation, epoch)
            case CreateLogs(generation=generation):
                exchange = self._logs.create(graph, generation)
                return LogsCreated(generation=generation, exchange=exchange, epoch=epoch)
            case DeleteLogs(generation=generation, parallelism=parallelism):
                self._logs.delete(resized(graph, parallelism) if parallelism else graph, generation)
            case CancelBarriers(checkpoint=checkpoint, generation=generation):
                self._logs.cancel(graph, generation, checkpoint, epoch)
            case StoreGraph(parallelism=parallelism):
                stored = self._blobs.put(encode(cast(JobGraph, order.given)))
                return GraphStored(graph=stored, parallelism=parallelism, epoch=epoch)
            case _:
                storage = self._storage_of(order.configuration, job)
                return checkpoint_effects.carry_out(storage, effect, order.given, graph, epoch)
        return EffectDone(effect=name, epoch=epoch)

    def _patience(self, effect: Effect) -> float:
        """Seconds to try for; a hint is sent again by the machine."""
        match effect:
            case SendHint():
                return 0.0
            case CreateLogs():
                return self._create_within
            case DeleteLogs() | CancelBarriers():
                return self._delete_within
            case _:
                return self._create_within
