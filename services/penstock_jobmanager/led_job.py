"""One job that this process leads: its machine beside the store.

Decisions are committed in order; an unconfirmed commit is sent again, the same, before anything else happens.
"""

import secrets
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import structlog
from msgspec.structs import replace

from penstock.client.config import Configuration
from penstock.coordination.failure import Failure
from penstock.coordination.keys import Keys
from penstock.coordination.messages import JobEvent
from penstock.coordination.operations import Commit
from penstock.coordination.parts import Blobs, Events, Store
from penstock.graph.execution_graph import ExecutionGraph
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import JobState
from penstock.service.outage import is_outage
from penstock.service.spans import SpanReporter
from penstock_jobmanager import effect_inputs, end, rollback
from penstock_jobmanager.commits import job_role, to_commit
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.effect_runner import EffectRunner, Order
from penstock_jobmanager.effects import Effect
from penstock_jobmanager.intake import decode_event, decode_graph
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.mirror_check import MirrorCheck
from penstock_jobmanager.mirrored import Mirrored
from penstock_jobmanager.narration import narrate, narrate_eligibility
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord
from penstock_jobmanager.rollback import Rollback
from penstock_jobmanager.settings import master_options
from penstock_jobmanager.takeover import take_over
from penstock_jobmanager.traces import spans_of

_log = structlog.get_logger(__name__)

#: seconds after which a cursor that moved without any decision is committed, so that the stream can be trimmed
_CURSOR_AFTER = 5.0
_PAUSE = 0.05  #: seconds until what was not finished is tried again


class FencedError(Exception):
    """Another process leads the job: stop acting."""


class Plane(Protocol):
    """The parts of `Coordination` that are used here."""

    keys: Keys
    store: Store
    events: Events
    blobs: Blobs


class LedJob:
    """`settle` and `process` raise `FencedError`, the store's errors (call again), or, for a job that cannot even be
    ended, anything else (drop it)."""

    def __init__(
        self,
        job: str,
        epoch: int,
        coordination: Plane,
        configuration: Configuration,
        effects: EffectRunner,
        clock: Callable[[], Now],
        spans: SpanReporter | None = None,
    ) -> None:
        self._spans = spans
        self.job, self.role, self.epoch = job, job_role(job), epoch
        self.cursor = "0-0"
        self._plane, self._configuration, self._effects, self._clock = coordination, configuration, effects, clock
        self._master: JobMaster | None = None
        self._job_configuration = configuration
        self._revision = 0
        self._committed_cursor = "0-0"
        self._committed_at = 0.0
        self._counted = False
        self._unseen = True  #: nothing but the takeover was written under our epoch
        self._over = False
        self._pending: tuple[Commit, Decision] | None = None
        #: loaded, and its mirror is being looked at
        self._loaded: tuple[JobRecord, JobGraph, JobMasterOptions] | None = None
        self._check: MirrorCheck | None = None
        #: why the rows are known to be older than they once were
        self._older: str | None = None
        #: takes the lease once more, at this epoch at least; the epoch, or None where it is another's
        self.take_again: Callable[[int], int | None] = lambda least: None

    @property
    def events_key(self) -> str:
        return self._plane.keys.events(self.role)

    @property
    def ready(self) -> bool:
        """Whether events can be processed."""
        return self._master is not None and self._pending is None and not self._over

    @property
    def pause(self) -> float:
        """Seconds until `settle` is to be called, where it is not ready."""
        return _PAUSE if self._check is None or self._loaded is None else self._check.pause(self._clock().mono)

    @property
    def over(self) -> bool:
        """Whether the job is terminal, and that is committed."""
        return self._over and self._pending is None

    @property
    def is_calm(self) -> bool:
        """Whether the job runs and nothing of it is under way: a good moment for another leader."""
        if not self.ready or self._master is None:
            return False
        record = self._master.record
        undecided = any(row.status in ("PENDING", "WRITING") for row in record.checkpoints.values())
        restarts = record.restart.due is not None or bool(record.requests)
        return record.job.state is JobState.RUNNING and not record.outbox and not undecided and not restarts

    def hand_over(self) -> None:
        """Note that what follows is no takeover; the caller gives the lease up then. Nothing where it is not loaded."""
        if self._master is not None and self.ready:
            row = replace(self._master.record.job, handed_over=True)
            self._commit(Decision(rows={"job": row}))

    @property
    def is_excused(self) -> bool:
        """Whether the next takeover does not count, and that is committed."""
        return self.ready and self._master is not None and self._master.record.job.handed_over

    def excuse(self) -> None:
        """Note that what follows is no takeover, and lead on. Nothing where it is not loaded."""
        if self.ready and not self.is_excused:
            self._decide(lambda master: master.excuse(self._clock()))

    def next_deadline(self) -> float | None:
        """When `settle` has something to do for a timer, on the clock of `Now.mono`."""
        return self._master.next_deadline() if self._master else None

    def settle(self) -> None:
        """Confirm what is unconfirmed, load what is not loaded, do what is due."""
        self._push()
        if self._master is None and not self._over:
            if self._loaded is None:
                self._load()
            if self._loaded is not None:
                self._start(*self._loaded)
        if self._master is None:
            return
        now = self._clock()
        deadline = self._master.next_deadline()
        if deadline is not None and deadline <= now.mono:
            self._decide(lambda master: master.tick(now))
        elif self.cursor != self._committed_cursor and now.mono - self._committed_at > _CURSOR_AFTER:
            self._commit(Decision())

    def process(self, entries: Sequence[tuple[str, bytes]]) -> None:
        """Feed events to the machine and commit what it decides on all of them at once."""
        events = self._decoded(entries)
        assert self._master is not None
        record = self._master.record
        self._older = next((why for event in events if (why := rollback.from_future(record, event))), None)
        if self._older is not None:
            # loaded anew, and with other numbers; then these are read again
            self._master = None
            return
        now = self._clock()

        def handle(master: JobMaster) -> Decision:
            decision = Decision()
            for event in events:
                decision.add(master.handle(event, now))
            return decision

        self.cursor = entries[-1][0]
        self._decide(handle)

    def _decoded(self, entries: Sequence[tuple[str, bytes]]) -> list[JobEvent]:
        events: list[JobEvent] = []
        for entry, payload in entries:
            try:
                events.append(decode_event(payload))
            except ValueError as error:
                _log.warning("an event was skipped", entry=entry, error=str(error), payload=repr(payload[:200]))
        return events

    def _decide(self, ask: Callable[[JobMaster], Decision]) -> None:
        assert self._master is not None
        try:
            decision = ask(self._master)
        except Exception as error:
            _log.exception("the JobMaster failed; its job is ended")
            self._master = None
            record = self._read()
            reason = f"the JobMaster failed: {type(error).__name__}: {error}"
            self._abort(record, Failure(message=reason, traceback=traceback.format_exc()))
            return
        self._over = self._master.done
        if decision:
            self._commit(decision)

    def _load(self) -> None:
        record = self._read()
        if not self._counted:
            decision = take_over(record, self._revision, self.epoch, master_options(self._configuration), self._clock())
            self._counted = True
            self._over = record.job.state.is_terminal
            self._commit(decision)
            if self._over:
                return
        if record.job.state.is_terminal:
            self._over = True
            return
        try:
            graph = decode_graph(self._plane.blobs.get(record.job.graph), self.job)
            self._job_configuration = self._configuration.with_overrides(graph.configuration)
            options = master_options(self._job_configuration, graph)
        except Exception as error:
            if is_outage(error):
                raise
            self._cannot_start(error)
            return
        self._loaded = record, graph, options
        self._check = None
        if options.checkpoints.directory is not None:
            look = partial(self._effects.look, self.job, self._job_configuration)
            self._check = MirrorCheck(look, self._clock().mono)

    def _start(self, record: JobRecord, graph: JobGraph, options: JobMasterOptions) -> None:
        """Lead what was loaded, once the mirror was looked at."""
        mirrored = Mirrored() if self._check is None else self._check.answer(self._clock().mono)
        if mirrored is None:
            return
        self._loaded = None
        if mirrored.terminal is not None and not rollback.is_over(record):
            _log.error("the job had ended, says checkpoint storage: it is not run again", state=mirrored.terminal.state)
            self._over = True
            self._effects.forget(self.job)
            self._commit(rollback.bury_again(record, self.epoch, mirrored.terminal, self._clock()))
            return
        found = self._rolled_back(record, mirrored)
        try:
            master = JobMaster(record, graph, self.epoch, options)
            decision = master.start(self._clock(), found)
        except Exception as error:
            self._cannot_start(error)
            return
        self._unseen, self._older = False, None
        self._master = master
        narrate_eligibility(master.eligibility, master.graph)
        self._over = master.done
        if decision:
            self._commit(decision)
        else:
            self._carry_out()

    def _rolled_back(self, record: JobRecord, mirrored: Mirrored) -> Rollback | None:
        """Whether the rows are older than they once were; then our epoch is new for certain. Raises FencedError."""
        reason = self._older or rollback.compare(record, self.epoch, mirrored.pointer, first=self._unseen)
        if reason is None:
            return None
        found = Rollback(reason, mirrored.pointer)
        _log.error("Redis came back older: all tasks of the job start again", reason=reason)
        self._effects.forget(self.job)
        epoch = self.take_again(rollback.least_epoch(self.epoch, found))
        if epoch is None:
            raise FencedError(f"the lease of {self.role} is lost")
        self.epoch = epoch
        return found

    def _cannot_start(self, error: Exception) -> None:
        _log.error("the job cannot be started", exc_info=error)
        reason = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        trace = "".join(traceback.format_exception(error))
        self._abort(self._read(), Failure(message=f"{type(error).__name__}: {reason}", traceback=trace))

    def _read(self) -> JobRecord:
        state = self._plane.store.load(self.role)
        if state.revision < self._revision:
            self._older = f"its revision is {state.revision}, and was {self._revision}"
        self._revision = state.revision
        self.cursor = self._committed_cursor = state.cursor
        return JobRecord.load(state.rows, state.outbox)

    def _abort(self, record: JobRecord, failure: Failure) -> None:
        decision = end.abort(record, self.epoch, failure, self._clock())
        self._over = True
        self._effects.forget(self.job)
        self._commit(decision)

    def _commit(self, decision: Decision) -> None:
        commit = to_commit(
            decision,
            keys=self._plane.keys,
            job=self.job,
            epoch=self.epoch,
            revision=self._revision,
            nonce=secrets.token_hex(16),
            cursor=self.cursor,
        )
        self._pending = (commit, decision)
        self._push()

    def _push(self) -> None:
        if self._pending is None:
            return
        commit, decision = self._pending
        answer = self._plane.store.commit(commit)
        self._pending = None
        if answer == "FENCED":
            raise FencedError(f"epoch {self.epoch} of {self.role} is over")
        if answer == "CONFLICT":
            _log.warning("another revision is stored: loading the job again", expected=commit.revision)
            self._master, self._loaded, self._over = None, None, False
            return
        self._revision += 1
        self._committed(decision)

    def _carry_out(self) -> None:
        """Everything in the outbox; what is under way is left alone."""
        if self._master is not None:
            for name, effect in self._master.record.outbox.items():
                self._effects.submit(self.job, name, partial(self._order, self._master, effect))

    def _order(self, master: JobMaster, effect: Effect) -> Order:
        given = effect_inputs.given(effect, master.record, master.graph)
        return Order(effect, master.graph, self.epoch, self._job_configuration, given)

    def _committed(self, decision: Decision) -> None:
        executions = ExecutionGraph(self._master.graph, self._master.record.executions) if self._master else None
        narrate(decision, executions)
        if self._spans is not None and self._master is not None:
            self._spans.report(spans_of(decision, self._master.record, self.epoch))
        for name in decision.withdrawn:
            self._effects.withdraw(self.job, name)
        self._carry_out()
        moved, self._committed_cursor = self._committed_cursor != self.cursor, self.cursor
        self._committed_at = self._clock().mono
        if moved:
            self._plane.events.trim(self.events_key, self.cursor)
