"""JobView: all that Redis holds of one job, decoded. What the REST resources of a job are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from penstock.coordination.messages import decode
from penstock.coordination.parts import Submission
from penstock.coordination.rows import ExecutionRow, FailureRow, JobRow, SubtaskMetrics, Tombstone
from penstock.graph.execution_graph import ExecutionGraph
from penstock.graph.job_graph import JobGraph, JobVertex
from penstock.graph.states import ExecutionState, JobState


@dataclass(frozen=True, slots=True)
class JobView:
    """One job at one moment. Times in ms since the epoch."""

    row: JobRow
    graph: JobGraph
    executions: ExecutionGraph[ExecutionRow]
    failures: tuple[FailureRow, ...]
    metrics: Mapping[tuple[str, int], SubtaskMetrics]
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

    def attempts(self, vertex: JobVertex) -> list[ExecutionRow]:
        """The current attempt of every subtask, in order; CREATED where the JobMaster has made none yet."""
        known = {e.subtask: e for e in self.executions.of_vertex(vertex.id)}
        return [
            known.get(n) or ExecutionRow(vertex=vertex.id, subtask=n, state=ExecutionState.CREATED)
            for n in range(vertex.parallelism)
        ]

    def measured(self, execution: ExecutionRow) -> SubtaskMetrics | None:
        """The counters of this very attempt, None where it has not reported any."""
        found = self.metrics.get((execution.vertex, execution.subtask))
        return found if found is not None and found.attempt == execution.attempt else None


def view_of(
    submission: Submission,
    rows: Mapping[str, bytes],
    tombstone: Tombstone | None,
    graph: JobGraph,
    metrics: Mapping[tuple[str, int], SubtaskMetrics],
    now: int,
) -> JobView:
    """The view of a job from its rows; ValueError names a row that cannot be read."""
    executions: list[ExecutionRow] = []
    failures: list[FailureRow] = []
    job: JobRow | None = None
    for name, raw in rows.items():
        try:
            match name.partition(":")[0]:
                case "job":
                    job = decode(raw, JobRow)
                case "execution":
                    executions.append(decode(raw, ExecutionRow))
                case "failure":
                    failures.append(decode(raw, FailureRow))
        except (ValueError, msgspec.ValidationError) as error:
            raise ValueError(f"row {name} of job {submission.job} cannot be read: {error}") from error
    failures.sort(key=lambda f: f.time)
    row = job or _from_tombstone(submission, tombstone)
    return JobView(row, graph, ExecutionGraph.of(graph, executions), tuple(failures), metrics, now)


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
