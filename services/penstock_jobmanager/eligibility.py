"""Which tasks of a job may be restarted alone, and which logs are kept for it (docs/task-local-failover.md). Pure."""

from dataclasses import dataclass, field

from penstock.client.config.options.execution import FailoverStrategy
from penstock.graph.job_graph import JobGraph
from penstock.graph.replaying import why_not_replayable
from penstock_jobmanager.options import JobMasterOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """`wanted`: the failover strategy is `task`. `job`: why nothing of the job can be restarted alone, "" where it can.

    `vertices`: why the subtasks of a vertex cannot, None where they can. `retained`: vertices whose logs are kept.
    """

    wanted: bool = False
    job: str = "the failover strategy is not task"
    vertices: dict[str, str | None] = field(default_factory=dict)
    retained: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether the job runs so that tasks can be restarted alone."""
        return self.wanted and not self.job


def eligibility(graph: JobGraph, options: JobMasterOptions) -> Eligibility:
    """Of a job."""
    if options.failover is not FailoverStrategy.TASK:
        return Eligibility()
    declared = options.deterministic_functions
    vertices = {v.id: why_not_replayable(graph, v.id, functions_declared=declared) for v in graph.vertices}
    reason = _why_no_task(graph, options, vertices)
    retained = tuple(v for v, why_not in vertices.items() if why_not is None and graph.inputs(v)) if not reason else ()
    return Eligibility(wanted=True, job=reason, vertices=vertices, retained=retained)


def _why_no_task(graph: JobGraph, options: JobMasterOptions, vertices: dict[str, str | None]) -> str:
    if graph.job_type == "BATCH":
        return "it is a batch job"
    if not options.checkpoints.enabled:
        return "it takes no checkpoints (execution.checkpointing.interval)"
    if not options.checkpoints.exactly_once:
        return "its checkpoints are at least once (execution.checkpointing.mode)"
    if len(graph.vertices) == 1 and graph.vertices[0].parallelism == 1:
        return "it has a single task"
    if all(why_not is not None for why_not in vertices.values()):
        return "no vertex can be replayed"
    return ""
