"""All that is known of a job in its rows: what a successor finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from penstock.coordination.messages import decode
from penstock.coordination.rows import (
    AckRow,
    AllocationRow,
    AttemptsRow,
    CheckpointRow,
    CheckpointsRow,
    CheckpointTasksRow,
    ExecutionRow,
    FailureRow,
    JobRow,
    RequestRow,
    RestartRow,
    TriggerRow,
)
from penstock.graph.execution_graph import Subtask
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager.effects import Effect

T = TypeVar("T")


@dataclass(slots=True)
class JobRecord:
    """The rows of a job, decoded. Row names: see `penstock.coordination.rows`."""

    job: JobRow
    executions: dict[Subtask, ExecutionRow] = field(default_factory=dict)
    attempts: dict[Subtask, AttemptsRow] = field(default_factory=dict)
    allocations: dict[str, AllocationRow] = field(default_factory=dict)
    requests: dict[str, RequestRow] = field(default_factory=dict)
    failures: dict[int, FailureRow] = field(default_factory=dict)
    counters: CheckpointsRow = field(default_factory=CheckpointsRow)
    checkpoints: dict[int, CheckpointRow] = field(default_factory=dict)
    acks: dict[int, dict[Subtask, AckRow]] = field(default_factory=dict)
    checkpoint_tasks: dict[int, CheckpointTasksRow] = field(default_factory=dict)
    triggers: dict[str, TriggerRow] = field(default_factory=dict)
    restart: RestartRow = field(default_factory=RestartRow)
    outbox: dict[str, Effect] = field(default_factory=dict)

    @classmethod
    def load(cls, rows: Mapping[str, bytes], outbox: Mapping[str, bytes]) -> "JobRecord":
        """Decode what the store has. ValueError names the row that is missing or malformed."""
        if "job" not in rows:
            raise ValueError("the row 'job' is missing")
        record = cls(job=_decode("job", rows["job"], JobRow))
        for name, raw in rows.items():
            kind, _, rest = name.partition(":")
            match kind:
                case "execution":
                    execution = _decode(name, raw, ExecutionRow)
                    record.executions[execution.vertex, execution.subtask] = execution
                case "attempts":
                    history = _decode(name, raw, AttemptsRow)
                    record.attempts[history.vertex, history.subtask] = history
                case "allocation":
                    record.allocations[rest] = _decode(name, raw, AllocationRow)
                case "request":
                    record.requests[rest] = _decode(name, raw, RequestRow)
                case "failure":
                    record.failures[int(rest)] = _decode(name, raw, FailureRow)
                case "restart":
                    record.restart = _decode(name, raw, RestartRow)
                case _:
                    record._load_checkpoints(kind, rest, name, raw)
        record.outbox = {name: _decode(name, raw, cast(type[Effect], Effect)) for name, raw in outbox.items()}
        return record

    @property
    def waits_to_restart(self) -> bool:
        """Whether the job goes on though all its executions may be terminal: it restarts, or some of them alone."""
        if self.job.state is JobState.RUNNING:
            return any(e.state is ExecutionState.FAILED for e in self.executions.values())
        return self.job.state is JobState.RESTARTING

    def _load_checkpoints(self, kind: str, rest: str, name: str, raw: bytes) -> None:
        match kind:
            case "checkpoints":
                self.counters = _decode(name, raw, CheckpointsRow)
            case "checkpoint":
                self.checkpoints[int(rest)] = _decode(name, raw, CheckpointRow)
            case "ack":
                ack = _decode(name, raw, AckRow)
                self.acks.setdefault(ack.checkpoint, {})[ack.vertex, ack.subtask] = ack
            case "checkpoint-tasks":
                self.checkpoint_tasks[int(rest)] = _decode(name, raw, CheckpointTasksRow)
            case "trigger":
                self.triggers[rest] = _decode(name, raw, TriggerRow)


def _decode(name: str, raw: bytes, kind: type[T]) -> T:
    try:
        return decode(raw, kind)
    except ValueError as error:
        raise ValueError(f"the row {name!r} is malformed: {error}") from error
