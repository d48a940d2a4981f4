"""A slot process: what the Celery child runs for an allocation, from its claim to its release."""

import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from penstock.client.config import Configuration
from penstock.client.config.options import cluster
from penstock.coordination.coordination import Coordination
from penstock.coordination.failure import Failure
from penstock.coordination.keys import Keys
from penstock.coordination.logging import set_scope
from penstock.coordination.messages import (
    CancelTasks,
    Deploy,
    InputExhausted,
    NotifyCheckpointAborted,
    NotifyCheckpointComplete,
    ReleaseSlot,
    RetentionFull,
    RetentionHalf,
    RetentionOff,
    SlotCommand,
    TaskAttempt,
    TaskStateChanged,
    TriggerCheckpoint,
)
from penstock.coordination.patience import retrying
from penstock.coordination.rows import SubtaskMetrics
from penstock.exchange.retention import Level
from penstock.exchange.slot_exchange import SlotExchange
from penstock.graph.states import ExecutionState
from penstock.runtime.coordination_link import CoordinationLink
from penstock.runtime.deployment import Deployment, DeploymentLoader
from penstock.runtime.exchange_options import exchange_options
from penstock.runtime.failure import failure_of
from penstock.runtime.garbage_pace import GarbagePace
from penstock.runtime.interruption import SlotTerminated
from penstock.runtime.log_scope import LogScope
from penstock.runtime.profiler import Profiler
from penstock.runtime.slot_alignment import SlotAlignment
from penstock.runtime.slot_checkpoints import SlotCheckpoints
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.tap.settings import TapSettings
from penstock.runtime.tap.slot_taps import SlotTaps
from penstock.runtime.task import Task
from penstock.runtime.task_factory import Checkpointing, TaskFactory
from penstock.runtime.task_local import task_local_of
from penstock.runtime.task_rates import TaskRates
from penstock.security.configured import keyring_of
from penstock.security.redis_urls import KnownUrls

_log = structlog.get_logger(__name__)

#: seconds that the last events may take once the slot is released
_LAST_EVENTS = 3.0
_OVER = (ExecutionState.FAILED, ExecutionState.CANCELED)


def run_slot(
    configuration: Configuration,
    coordination_url: str,
    prefix: str,
    job: str,
    allocation: str,
    *,
    taskmanager: str = "",
    directory: Path | None = None,
) -> None:
    """Run the tasks deployed to an allocation that this process has claimed; returns when it is released.

    `directory`: where packages are unpacked; None: a temporary folder. Call it in the process that does the work: it
    makes its own connections, and leaves the process (`os._exit`) when the parent process is gone.
    """
    storage = configuration.find(cluster.STORAGE_DIR)
    with (
        structlog.contextvars.bound_contextvars(job=job, allocation=allocation, taskmanager=taskmanager),
        tempfile.TemporaryDirectory(prefix="penstock-slot-") as temporary,
        Coordination.connect(
            coordination_url, prefix, Path(storage) if storage else None, keyring_of(configuration)
        ) as coordination,
    ):
        _Slot(
            configuration, coordination, Keys(prefix), job, allocation, directory or Path(temporary), taskmanager
        ).run()


def _terminate() -> None:
    raise SlotTerminated


class _Slot:
    """Two threads and a loop: commands are prepared in the reading thread and carried out in the loop."""

    def __init__(
        self,
        configuration: Configuration,
        coordination: Coordination,
        keys: Keys,
        job: str,
        allocation: str,
        directory: Path,
        taskmanager: str,
    ) -> None:
        self._configuration, self._coordination, self._keys = configuration, coordination, keys
        self._job, self._allocation, self._taskmanager = job, allocation, taskmanager
        self._known: dict[tuple[str, int, int], Task] = {}
        self._attempts: dict[tuple[str, int], int] = {}  #: of those that are known, the newest
        self._loader = DeploymentLoader(coordination, directory, configuration)
        self._runner = SlotRunner(on_change=self._report)
        self._taps = SlotTaps(
            coordination, job, TapSettings.of(configuration), self._runner.submit, lambda: self._runner.tasks
        )
        self._profiler = Profiler(self._runner, job, coordination.profiles)
        self._link = CoordinationLink(
            coordination,
            keys,
            job,
            allocation,
            self._on_command,
            self._metrics,
            self._on_error,
            self._taps.wake,
            self._profiler.tick,
            configuration.get(cluster.MAX_ATTEMPTS_HISTORY),
        )
        self._checkpoints = SlotCheckpoints(self._runner, self._known, self._link.report)
        self._alignment = SlotAlignment(coordination.alignments, job, allocation)
        self._exchange: SlotExchange | None = None
        self._generation = -1
        self._released = False
        self._rates = TaskRates()
        self._scope = LogScope(self._runner)

    def run(self) -> None:
        """Until the slot is released."""
        GarbagePace()  # for the life of the process
        set_scope(self._scope)
        _log.info("slot claimed")
        self._link.start()
        try:
            with self._runner.interruption.handling(lambda: self._runner.submit(_terminate)):
                self._runner.run(lambda: self._released)
        except SlotTerminated:
            # no word to the JobMaster: it learns from the ResourceManager what became of the TaskManager
            _log.info("leaving with the TaskManager")
        finally:
            self._taps.close()
            self._runner.close()
            self._alignment.close()
            if self._exchange is not None:
                self._exchange.close()
            self._checkpoints.close()
            self._link.close(_LAST_EVENTS)
            self._profiler.close()
            self._loader.close()
            _log.info("slot released")
            set_scope(None)

    # -- in the reading thread ---------------------------------------------------------------------------------------

    def _on_command(self, command: SlotCommand) -> None:
        match command:
            case Deploy():
                self._runner.submit(self._prepare(command))
            case CancelTasks():
                self._begin_to_cancel(command.tasks)
            case ReleaseSlot():
                self._runner.submit(self._release)
            case TriggerCheckpoint():
                self._runner.submit(lambda: self._checkpoints.trigger(command))
            case NotifyCheckpointComplete(checkpoint=checkpoint):
                self._runner.submit(lambda: self._checkpoints.complete(checkpoint))
            case NotifyCheckpointAborted(checkpoint=checkpoint, epoch=epoch):
                self._runner.submit(lambda: self._checkpoints.abort(checkpoint, epoch))
            case RetentionOff():
                self._runner.submit(lambda: self._stop_retaining(command))

    def _begin_to_cancel(self, attempts: tuple[TaskAttempt, ...]) -> None:
        begun = threading.Event()
        keys = {(t.vertex, t.subtask, t.attempt) for t in attempts}

        def cancel() -> None:
            begun.set()
            self._cancel(attempts)

        def is_all_of_it() -> bool:
            # an interrupted step may leave what its task shares with others of the slot half done
            return all(
                (t.vertex, t.info.subtask, t.info.attempt) in keys
                for t in list(self._runner.tasks)
                if not t.state.is_terminal
            )

        self._runner.submit(cancel)
        interrupt = self._runner.interruption.interrupt_until
        threading.Thread(target=interrupt, args=(begun, is_all_of_it), name="slot-interrupter", daemon=True).start()

    def _prepare(self, command: Deploy) -> Callable[[], None]:
        try:
            deployment = self._loader.load(command)
        except Exception as e:
            failure = failure_of(e)
            return lambda: self._refuse(command, failure)
        return lambda: self._deploy(deployment)

    def _on_error(self, error: Exception) -> None:
        def give_up() -> None:
            raise error

        self._runner.submit(give_up)

    # -- in the loop -------------------------------------------------------------------------------------------------

    def _deploy(self, deployment: Deployment) -> None:
        command = deployment.command
        self._scope.epoch = command.epoch
        if command.generation < self._generation:
            return  # of attempts that newer ones have taken the place of
        # the command may come twice: a JobMaster's successor sends again what it cannot know to have arrived
        fresh = [t for t in command.tasks if (t.vertex, t.subtask, t.attempt) not in self._known]
        if command.task_local:
            fresh = [t for t in fresh if t.attempt > self._attempts.get((t.vertex, t.subtask), -1)]
        if not fresh:
            return
        try:
            self._start(deployment, fresh)
        except Exception as e:
            # tasks have their own errors; this is the exchange's, or a graph that does not fit the command
            failure = failure_of(e)
            for t in fresh:
                if (t.vertex, t.subtask, t.attempt) not in self._known:
                    self._send(t.vertex, t.subtask, t.attempt, ExecutionState.FAILED, failure)

    def _start(self, deployment: Deployment, fresh: list[TaskAttempt]) -> None:
        exchange, graph = self._exchange_for(deployment), deployment.graph
        checkpointing = Checkpointing(
            self._checkpoints.pool(self._configuration, graph),
            self._link.report,
            deployment.command.checkpointing,
            deployment.restore,
            task_local_of(deployment.command),
        )
        factory = TaskFactory(
            graph,
            deployment.blobs.__getitem__,
            self._splits,
            exchange.collect_writer,
            self._configuration,
            checkpointing,
        )
        for attempt in fresh:
            vertex, subtask, number = attempt.vertex, attempt.subtask, attempt.attempt
            self._replace(vertex, subtask)
            self._attempts[vertex, subtask] = number
            gate, writers = exchange.input_gate(vertex, subtask), exchange.writers(vertex, subtask, number)
            task = factory.make(vertex, subtask, number, gate, writers)
            task.on_exhausted = partial(self._exhausted, attempt)
            self._known[vertex, subtask, number] = task
            self._runner.add(task)
        self._taps.deployed(deployment.graph)

    def _exchange_for(self, deployment: Deployment) -> SlotExchange:
        command = deployment.command
        if self._exchange is None or command.generation != self._generation:
            if self._exchange is not None:
                self._runner.forget_all()
                self._known.clear()
                self._attempts.clear()
                self._exchange.close()
            options = exchange_options(self._configuration, deployment.graph.configuration)
            self._exchange = SlotExchange(
                deployment.graph,
                command,
                self._allocation,
                self._keys,
                command.epoch,
                options,
                self._coordination.keyring,
                KnownUrls.of(self._configuration),
            )
            self._generation = command.generation
            self._runner.exchange = self._exchange
            self._checkpoints.aligned = command.task_local
            self._exchange.on_retention = self._retained
        elif command.task_local:
            self._exchange.deploy(command)
        return self._exchange

    def _replace(self, vertex: str, subtask: int) -> None:
        """With task-local failover another attempt of a subtask may come to the slot that had it: the one before is
        over."""
        number = self._attempts.get((vertex, subtask))
        former = None if number is None else self._known.pop((vertex, subtask, number), None)
        if former is not None and self._exchange is not None:
            former.cancel()
            self._exchange.remove(vertex, subtask)
            self._runner.forget(former)

    def _stop_retaining(self, command: RetentionOff) -> None:
        if self._exchange is not None:
            self._exchange.stop_retaining(command.vertices, command.checkpoint)

    def _refuse(self, command: Deploy, failure: Failure) -> None:
        for t in command.tasks:
            self._send(t.vertex, t.subtask, t.attempt, ExecutionState.FAILED, failure)

    def _cancel(self, attempts: tuple[TaskAttempt, ...]) -> None:
        for t in attempts:
            task = self._known.get((t.vertex, t.subtask, t.attempt))
            if task is None:
                # cancelled before it was deployed, or its deployment failed: it does not run, which is what was asked
                self._send(t.vertex, t.subtask, t.attempt, ExecutionState.CANCELED, None)
            else:
                task.cancel()

    def _release(self) -> None:
        self._released = True

    def _splits(self, vertex: str, make: Callable[[], bytes]) -> bytes:
        return retrying("read the splits of a source")(self._coordination.splits.once, self._job, vertex, make)

    # -- reports -----------------------------------------------------------------------------------------------------

    def _report(self, task: Task) -> None:
        if task.state is ExecutionState.RUNNING:
            self._alignment.look()
        if task.state is not ExecutionState.CREATED:
            self._send(task.vertex, task.info.subtask, task.info.attempt, task.state, task.failure)
        if self._checkpoints.aligned and task.state in _OVER and self._exchange is not None:
            # the others go on: nobody is to wait for what it buffers, nor to read for it
            self._exchange.remove(task.vertex, task.info.subtask)

    def _send(self, vertex: str, subtask: int, attempt: int, state: ExecutionState, failure: Failure | None) -> None:
        _log.info("task state", vertex=vertex, subtask=subtask, attempt=attempt, state=state.value)
        if failure is not None:
            _log.error("task failed", vertex=vertex, subtask=subtask, attempt=attempt, cause=failure.message)
        self._link.report(
            TaskStateChanged(
                time=time.time_ns() // 1_000_000,
                vertex=vertex,
                subtask=subtask,
                attempt=attempt,
                allocation=self._allocation,
                state=state.value,
                failure=failure,
            )
        )

    def _exhausted(self, attempt: TaskAttempt) -> None:
        now = time.time_ns() // 1_000_000
        self._link.report(
            InputExhausted(time=now, vertex=attempt.vertex, subtask=attempt.subtask, attempt=attempt.attempt)
        )

    def _retained(self, vertex: str, subtask: int, level: Level, size: int) -> None:
        kind = RetentionFull if level is Level.FULL else RetentionHalf
        attempt, now = self._attempts[vertex, subtask], time.time_ns() // 1_000_000
        _log.info("input log retained", vertex=vertex, subtask=subtask, bytes=size, level=level.name)
        self._link.report(kind(time=now, vertex=vertex, subtask=subtask, attempt=attempt, bytes=size))

    def _metrics(self) -> dict[tuple[str, int], SubtaskMetrics]:
        # called from the sending thread: counters are read as they stand
        now = time.monotonic()
        return {
            (t.vertex, t.info.subtask): self._rates.rated((t.vertex, t.info.subtask), t.metrics(), now)
            for t in list(self._runner.tasks)
        }
