"""A job as its JobMaster holds it: the record, what follows from the graph, timers, and the decision being made.

The phases (slots, deployment, failure, end) are functions over it. Every change of a row passes through here, so that
memory, decision and the legal edges of `penstock.graph.states` never part.
"""

from typing import Any, Literal

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import TaskAttempt
from penstock.coordination.rows import AllocationRow, Claim, ExecutionRow, FailureRow, JobRow, RequestRow, RestartRow
from penstock.graph.execution_graph import ExecutionGraph, Subtask, shared_slots
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import EXECUTION_EDGES, JOB_EDGES, ExecutionState, JobState
from penstock_jobmanager.attempts import remembered
from penstock_jobmanager.decision import Decision, Forget, Op, Row, SetClaim
from penstock_jobmanager.effects import Effect, effect_id
from penstock_jobmanager.eligibility import eligibility
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord

#: tasks that are being stopped have their processes killed then
CANCELLATION_TIMER = "cancellation"


class IllegalTransitionError(RuntimeError):
    """A bug of the machine: an edge that Flink's state diagrams do not have."""


class Job:
    """Mutable; one instance a leadership. `now` and `decision` belong to the event being handled."""

    def __init__(self, record: JobRecord, graph: JobGraph, epoch: int, options: JobMasterOptions) -> None:
        self.record = record
        self.graph = graph
        self.epoch = epoch
        self.options = options
        self.executions: ExecutionGraph[ExecutionRow] = ExecutionGraph(graph, record.executions)
        #: request n is for the shared slot n modulo their number, so that a replacement takes the same place
        self.slots: tuple[tuple[Subtask, ...], ...] = shared_slots(graph)
        #: whether all slots were given back: done in the very commit that ends the last execution of a job that is over
        self.released = self.executions.all_terminal and not record.waits_to_restart
        #: which tasks may be restarted alone
        self.eligibility = eligibility(graph, options)
        #: when the next checkpoint is due, on the clock of `Now.mono`; None: not known yet
        self.next_checkpoint: float | None = None
        #: when the last one ended (ms, wall clock of who led then), and when the pause after it is over (`Now.mono`)
        self.paused: tuple[int, float] | None = None
        self.timers: dict[str, float] = {}
        self.now = Now(0, 0.0)
        self.decision = Decision()

    @property
    def row(self) -> JobRow:
        """The job's own row."""
        return self.record.job

    @property
    def id(self) -> str:
        return self.record.job.job

    # -- rows ----------------------------------------------------------------------------------------------------------
    def change(self, **changes: Any) -> None:
        """Change fields of the job row, but for its state."""
        self.record.job = replace(self.record.job, **changes)
        self.decision.rows["job"] = self.record.job

    def enter(self, state: JobState, **changes: Any) -> None:
        """Take the job to a state. IllegalTransitionError where Flink has no such edge."""
        if (self.row.state, state) not in JOB_EDGES:
            raise IllegalTransitionError(f"job {self.id}: {self.row.state} -> {state}")
        self.change(state=state, timestamps={**self.row.timestamps, state: self.now.wall}, **changes)

    def put_execution(self, row: ExecutionRow) -> None:
        """A new attempt takes the place of the one before, which goes into the history in the same commit."""
        before = self.record.executions.get((row.vertex, row.subtask))
        if before is not None and before.attempt != row.attempt:
            self._remember(before)
        self.record.executions[row.vertex, row.subtask] = row
        self.decision.rows[f"execution:{row.vertex}:{row.subtask}"] = row

    def _remember(self, before: ExecutionRow) -> None:
        subtask = before.vertex, before.subtask
        history = remembered(self.record.attempts.get(subtask), before, self.options.attempts_history_size)
        if history is not None:
            self.record.attempts[subtask] = history
            self.decision.rows[f"attempts:{before.vertex}:{before.subtask}"] = history

    def move(self, subtask: Subtask, *states: ExecutionState, **changes: Any) -> None:
        """Take the current attempt of a subtask through these states. IllegalTransitionError as for `enter`."""
        row = self.record.executions[subtask]
        for state in states:
            if (row.state, state) not in EXECUTION_EDGES:
                raise IllegalTransitionError(f"{self.executions.task_name(*subtask)}: {row.state} -> {state}")
            row = replace(row, state=state, timestamps={**row.timestamps, state: self.now.wall})
        self.put_execution(replace(row, **changes))

    def put_allocation(self, row: AllocationRow) -> None:
        self.record.allocations[row.allocation] = row
        self.decision.rows[f"allocation:{row.allocation}"] = row

    def forget_allocation(self, allocation: str) -> None:
        """A slot that is gone for good, with nothing of the job left in it."""
        del self.record.allocations[allocation]
        self.decision.rows[f"allocation:{allocation}"] = None
        self.send(Forget(allocation))

    def put_request(self, request: str) -> None:
        self.record.requests[request] = row = RequestRow(request=request, since=self.now.wall)
        self.decision.rows[f"request:{request}"] = row

    def drop_request(self, request: str) -> None:
        del self.record.requests[request]
        self.decision.rows[f"request:{request}"] = None

    def drop_execution(self, subtask: Subtask) -> None:
        """A subtask that the job no longer has."""
        del self.record.executions[subtask]
        self.decision.rows[f"execution:{subtask[0]}:{subtask[1]}"] = None
        if self.record.attempts.pop(subtask, None) is not None:
            self.decision.rows[f"attempts:{subtask[0]}:{subtask[1]}"] = None

    def put_restart(self, row: RestartRow) -> None:
        if row != self.record.restart:
            self.record.restart = row
            self.decision.rows["restart"] = row

    def put_failure(self, failure: Failure, recovery: str = "") -> None:
        """Add to the exception history; the oldest entries beyond its bound go. `recovery`: what restarts, and why."""
        number = max(self.record.failures, default=-1) + 1
        stopping = self.row.state in (JobState.FAILING, JobState.CANCELLING, JobState.RESTARTING)
        self._put_failure(
            number, FailureRow(time=self.now.wall, failure=failure, concurrent=stopping, recovery=recovery)
        )
        for old in sorted(self.record.failures)[: -self.options.exception_history_size]:
            self._put_failure(old, None)

    def _put_failure(self, number: int, row: FailureRow | None) -> None:
        if row is None:
            del self.record.failures[number]
        else:
            self.record.failures[number] = row
        changed: Row | None = row
        self.decision.rows[f"failure:{number}"] = changed

    # -- what goes out -------------------------------------------------------------------------------------------------
    def send(self, op: Op) -> None:
        self.decision.ops.append(op)

    def claim(self, allocation: AllocationRow, state: Literal["OFFERED", "WITHDRAWN"]) -> None:
        """Write the claim row: OFFERED lets the slot's process take the allocation, WITHDRAWN lets nobody."""
        row = Claim(state=state, epoch=self.epoch, incarnation=allocation.incarnation, pid=allocation.pid)
        self.send(SetClaim(allocation.allocation, row))

    def want(self, effect: Effect) -> None:
        """Put an effect into the outbox."""
        self.record.outbox[effect_id(effect)] = effect
        self.decision.outbox[effect_id(effect)] = effect

    def no_longer_want(self, effect: str) -> bool:
        """Take an effect out of the outbox; whether it was there."""
        if self.record.outbox.pop(effect, None) is None:
            return False
        self.decision.outbox[effect] = None
        self.decision.withdrawn.add(effect)
        return True

    def adopt(self, graph: JobGraph) -> None:
        """Go on with another graph; the executions are made anew by the caller."""
        self.graph = graph
        self.executions = ExecutionGraph(graph, self.record.executions)
        self.slots = shared_slots(graph)
        self.eligibility = eligibility(graph, self.options)

    # -- slots ---------------------------------------------------------------------------------------------------------
    def slot_number(self, request: str) -> int:
        """Which of `slots` a request id is for."""
        return int(request.rsplit("-", 1)[1]) % len(self.slots)

    def slot_of(self, subtask: Subtask) -> int:
        """Which of `slots` a subtask runs in."""
        return next(number for number, tasks in enumerate(self.slots) if subtask in tasks)

    def tasks_in(self, allocation: str) -> list[ExecutionRow]:
        """The current attempts that were given this allocation."""
        return [e for e in self.record.executions.values() if e.allocation == allocation]

    # -- timers: of this leadership only, a successor arms its own -----------------------------------------------------
    def arm(self, timer: str, seconds: float) -> None:
        self.timers[timer] = self.now.mono + seconds

    def remaining(self, since: int, seconds: float) -> float:
        """What is left of a span that began at `since` (ms, wall clock of who led then). Clocks may differ: it is
        never longer than the whole, nor negative."""
        return min(max(0.0, seconds - (self.now.wall - since) / 1000), seconds)

    def disarm(self, timer: str) -> None:
        self.timers.pop(timer, None)


def attempts(executions: list[ExecutionRow]) -> tuple[TaskAttempt, ...]:
    """How commands name these execution attempts."""
    return tuple(TaskAttempt(vertex=e.vertex, subtask=e.subtask, attempt=e.attempt) for e in executions)
