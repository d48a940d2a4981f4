"""One job that this process leads: its machine beside the store.

Decisions are committed in order; an unconfirmed commit is sent again, the same, before anything else happens.
"""

import secrets
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import structlog

from penstock.client.config import Configuration
from penstock.coordination.keys import Keys
from penstock.coordination.messages import Failure
from penstock.coordination.operations import Commit
from penstock.coordination.parts import Blobs, Events, Store
from penstock.graph.execution_graph import ExecutionGraph
from penstock.service.outage import is_outage
from penstock_jobmanager import effect_inputs, end
from penstock_jobmanager.commits import job_role, to_commit
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.effect_runner import EffectRunner, Order
from penstock_jobmanager.effects import Effect
from penstock_jobmanager.intake import decode_event, decode_graph
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.narration import narrate
from penstock_jobmanager.options import Now
from penstock_jobmanager.record import JobRecord
from penstock_jobmanager.settings import master_options
from penstock_jobmanager.takeover import take_over

_log = structlog.get_logger(__name__)

#: seconds after which a cursor that moved without any decision is committed, so that the stream can be trimmed
_CURSOR_AFTER = 5.0


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
    ) -> None:
        self.job, self.role, self.epoch = job, job_role(job), epoch
        self.cursor = "0-0"
        self._plane, self._configuration, self._effects, self._clock = coordination, configuration, effects, clock
        self._master: JobMaster | None = None
        self._job_configuration = configuration
        self._revision = 0
        self._committed_cursor = "0-0"
        self._committed_at = 0.0
        self._counted = False
        self._over = False
        self._pending: tuple[Commit, Decision] | None = None

    @property
    def events_key(self) -> str:
        return self._plane.keys.events(self.role)

    @property
    def ready(self) -> bool:
        """Whether events can be processed."""
        return self._master is not None and self._pending is None and not self._over

    @property
    def over(self) -> bool:
        """Whether the job is terminal, and that is committed."""
        return self._over and self._pending is None

    def next_deadline(self) -> float | None:
        """When `settle` has something to do for a timer, on the clock of `Now.mono`."""
        return self._master.next_deadline() if self._master else None

    def settle(self) -> None:
        """Confirm what is unconfirmed, load what is not loaded, do what is due."""
        self._push()
        if self._master is None and not self._over:
            self._load()
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
        now = self._clock()

        def handle(master: JobMaster) -> Decision:
            decision = Decision()
            for entry, payload in entries:
                try:
                    event = decode_event(payload)
                except ValueError as error:
                    _log.warning("an event was skipped", entry=entry, error=str(error), payload=repr(payload[:200]))
                    continue
                decision.add(master.handle(event, now))
            return decision

        self.cursor = entries[-1][0]
        self._decide(handle)

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
            master = JobMaster(record, graph, self.epoch, options)
            decision = master.start(self._clock())
        except Exception as error:
            if is_outage(error):
                raise
            _log.exception("the job cannot be started")
            reason = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
            failure = Failure(message=f"{type(error).__name__}: {reason}", traceback=traceback.format_exc())
            self._abort(self._read(), failure)
            return
        self._master = master
        self._over = master.done
        if decision:
            self._commit(decision)
        else:
            self._carry_out()

    def _read(self) -> JobRecord:
        state = self._plane.store.load(self.role)
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
            self._master, self._over = None, False
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
        for name in decision.withdrawn:
            self._effects.withdraw(self.job, name)
        self._carry_out()
        moved, self._committed_cursor = self._committed_cursor != self.cursor, self.cursor
        self._committed_at = self._clock().mono
        if moved:
            self._plane.events.trim(self.events_key, self.cursor)
