"""JobView: all that Redis holds of one job, decoded. What the REST resources of a job are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from penstock.coordination.messages import decode
from penstock.coordination.operations import LeaderState
from penstock.coordination.parts import Submission
from penstock.coordination.rows import (
    AttemptsRow,
    CheckpointRow,
    CheckpointsRow,
    ExecutionRow,
    FailureRow,
    JobRow,
    RestartRow,
    SubtaskMetrics,
    Tombstone,
    TriggerRow,
)
from penstock.graph.execution_graph import ExecutionGraph
from penstock.graph.job_graph import JobGraph, JobVertex
from penstock.graph.states import ExecutionState, JobState
from penstock_dispatcher.checkpoint_history import CheckpointHistory
from penstock_dispatcher.problems import NotFound


@dataclass(frozen=True, slots=True)
class JobView:
    """One job at one moment. Times in ms since the epoch."""

    row: JobRow
    graph: JobGraph
    executions: ExecutionGraph[ExecutionRow]
    earlier: Mapping[tuple[str, int], tuple[ExecutionRow, ...]]  #: attempts before the current ones, the oldest first
    failures: tuple[FailureRow, ...]
    metrics: Mapping[tuple[str, int], SubtaskMetrics]
    earlier_metrics: Mapping[tuple[str, int], tuple[SubtaskMetrics, ...]]  #: of attempts before those
    checkpoints: CheckpointHistory
    triggers: Mapping[str, TriggerRow]
    restart: RestartRow
    missing_slots: int  #: that the JobMaster has asked for and not got
    cursor: str  #: up to where the JobMaster has read its events
    now: int

    @property
    def duration(self) -> int:
        """Ms from the start to the end, or to now."""
        return max(0, (self.row.end_time if self.row.end_time >= 0 else self.now) - self.row.start_time)

    @property
    def last_modification(self) -> int:
        return max(self.row.timestamps.values(), default=self.row.start_time)

    def vertex(self, vertex_id: str) -> JobVertex:
        """KeyError: the job has none of that id."""
        return self.graph.vertex(vertex_id)

    def vertex_of_request(self, vertex_id: str) -> JobVertex:
        """NotFound: the job has none of that id."""
        try:
            return self.graph.vertex(vertex_id)
        except KeyError:
            raise NotFound(f"Vertex {vertex_id} of job {self.row.job} not found") from None

    def attempts(self, vertex: JobVertex) -> list[ExecutionRow]:
        """The current attempt of every subtask, in order; CREATED where the JobMaster has made none yet."""
        known = {e.subtask: e for e in self.executions.of_vertex(vertex.id)}
        return [
            known.get(n) or ExecutionRow(vertex=vertex.id, subtask=n, state=ExecutionState.CREATED)
            for n in range(vertex.parallelism)
        ]

    def history(self, vertex_id: str, subtask: int) -> tuple[ExecutionRow, ...]:
        """The attempts of a subtask before its current one that are remembered, the oldest first."""
        return self.earlier.get((vertex_id, subtask), ())

    def measured(self, execution: ExecutionRow) -> SubtaskMetrics | None:
        """The counters of this very attempt, None where it has not reported any."""
        subtask = execution.vertex, execution.subtask
        newest, before = self.metrics.get(subtask), self.earlier_metrics.get(subtask, ())
        return next((m for m in (newest, *reversed(before)) if m and m.attempt == execution.attempt), None)


def view_of(
    submission: Submission,
    state: LeaderState,
    tombstone: Tombstone | None,
    graph_of: Callable[[str], JobGraph],
    metrics: Mapping[tuple[str, int], SubtaskMetrics],
    earlier_metrics: Mapping[tuple[str, int], tuple[SubtaskMetrics, ...]],
    now: int,
) -> JobView:
    """The view of a job from its rows; ValueError names a row that cannot be read. `graph_of`: by sha256."""
    executions: list[ExecutionRow] = []
    failures: list[FailureRow] = []
    checkpoints: list[CheckpointRow] = []
    earlier: dict[tuple[str, int], tuple[ExecutionRow, ...]] = {}
    details: dict[str, bytes] = {}
    triggers: dict[str, TriggerRow] = {}
    job: JobRow | None = None
    counters, restart, missing_slots = CheckpointsRow(), RestartRow(), 0
    for name, raw in state.rows.items():
        try:
            match name.partition(":")[0]:
                case "job":
                    job = decode(raw, JobRow)
                case "execution":
                    executions.append(decode(raw, ExecutionRow))
                case "attempts":
                    history = decode(raw, AttemptsRow)
                    earlier[history.vertex, history.subtask] = history.attempts
                case "failure":
                    failures.append(decode(raw, FailureRow))
                case "checkpoints":
                    counters = decode(raw, CheckpointsRow)
                case "checkpoint":
                    checkpoints.append(decode(raw, CheckpointRow))
                case "ack" | "checkpoint-tasks":
                    details[name] = raw
                case "trigger":
                    row = decode(raw, TriggerRow)
                    triggers[row.trigger] = row
                case "restart":
                    restart = decode(raw, RestartRow)
                case "request":
                    missing_slots += 1
        except (ValueError, msgspec.ValidationError) as error:
            raise ValueError(f"row {name} of job {submission.job} cannot be read: {error}") from error
    failures.sort(key=lambda f: f.time)
    job = job or _from_tombstone(submission, tombstone)
    graph = graph_of(job.graph)
    return JobView(
        row=job,
        graph=graph,
        executions=ExecutionGraph.of(graph, executions),
        earlier=earlier,
        failures=tuple(failures),
        metrics=metrics,
        earlier_metrics=earlier_metrics,
        checkpoints=CheckpointHistory(counters, checkpoints, details),
        triggers=triggers,
        restart=restart,
        missing_slots=missing_slots,
        cursor=state.cursor,
        now=now,
    )


def _from_tombstone(submission: Submission, tombstone: Tombstone | None) -> JobRow:
    """The job of which the leader's rows are gone, or not written yet."""
    if tombstone is None:
        return JobRow(
            job=submission.job,
            name=submission.name,
            state=JobState.INITIALIZING,
            graph=submission.graph,
            timestamps={JobState.INITIALIZING.value: submission.time},
            start_time=submission.time,
        )
    return JobRow(
        job=submission.job,
        name=submission.name,
        state=tombstone.state,
        graph=submission.graph,
        timestamps={tombstone.state.value: tombstone.time},
        start_time=tombstone.time - tombstone.runtime,
        end_time=tombstone.time,
        root_failure=tombstone.failure,
    )
