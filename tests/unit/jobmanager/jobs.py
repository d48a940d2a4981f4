"""Small jobs and their messages, for the tests of the JobMaster."""

from typing import Any

from msgspec.structs import replace

from penstock.client.config.options.checkpointing import RestartStrategy
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    AllocationClaimed,
    ExchangeRef,
    LogsCreated,
    SlotLost,
    SlotOffered,
    TaskStateChanged,
)
from penstock.coordination.restart_strategy import RestartConfig
from penstock.coordination.rows import JobRow
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.states import JobState
from penstock_jobmanager.checkpoint_config import CheckpointConfig
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord

JOB = "0123456789abcdef0123456789abcdef"
SOURCE, FLAT_MAP, SINK = "a" * 32, "b" * 32, "c" * 32
REF = ExchangeRef(url="redis://exchange", run_id="r", nonce="n")
OPTIONS = JobMasterOptions()


def checkpointed(restart: RestartConfig | None = None, /, **changes: Any) -> JobMasterOptions:
    """A checkpoint every 10 s into `/c`; by default the job starts again as often as it takes, after 1 s."""
    config: dict[str, Any] = {"interval": 10.0, "directory": "/c/chk-{}".format, "savepoint_directory": "/s", **changes}
    again = RestartConfig(kind=RestartStrategy.FIXED_DELAY, attempts=1000, delay=1000)
    return JobMasterOptions(checkpoints=CheckpointConfig(**config), restart=restart or again)


def vertex(id: str, name: str, parallelism: int, group: str = "default", max_parallelism: int = 128) -> JobVertex:
    operator = OperatorNode(id=id, name=name, spec="0" * 64)
    return JobVertex(
        id=id,
        name=name,
        operators=(operator,),
        parallelism=parallelism,
        max_parallelism=max_parallelism,
        slot_sharing_group=group,
    )


def graph(parallelism: int = 2, job: str = JOB) -> JobGraph:
    """Source (1) -> Flat Map (parallelism)."""
    return JobGraph(
        job_id=job,
        name="words",
        vertices=(vertex(SOURCE, "Source", 1), vertex(FLAT_MAP, "Flat Map", parallelism)),
        edges=(JobEdge(source=SOURCE, source_operator=0, target=FLAT_MAP, strategy="REBALANCE"),),
    )


def chain(parallelism: int = 2, *, random: str = "") -> JobGraph:
    """Source -> Flat Map -> Sink, all of this parallelism; what can be replayed, but for the vertex of id `random`."""
    vertices = (
        vertex(SOURCE, "Source", parallelism),
        vertex(FLAT_MAP, "Flat Map", parallelism),
        vertex(SINK, "Sink", parallelism),
    )
    edges = (
        JobEdge(source=SOURCE, source_operator=0, target=FLAT_MAP, strategy="HASH"),
        JobEdge(source=FLAT_MAP, source_operator=0, target=SINK, strategy="REBALANCE"),
    )
    known = [
        replace(
            v, operators=tuple(replace(o, deterministic=v.id != random, why_not="it is random") for o in v.operators)
        )
        for v in vertices
    ]
    return JobGraph(job_id=JOB, name="words", vertices=tuple(known), edges=edges)


def new_row(job: str = JOB) -> JobRow:
    return JobRow(job=job, name="words", state=JobState.INITIALIZING, graph="f" * 64)


def at(seconds: float = 0.0) -> Now:
    return Now(wall=1000 + int(seconds * 1000), mono=seconds)


def master(parallelism: int = 2, options: JobMasterOptions = OPTIONS, epoch: int = 1) -> JobMaster:
    return JobMaster(JobRecord(new_row()), graph(parallelism), epoch, options)


def allocation(number: int) -> str:
    return f"{JOB}-{number}-7-{number}"


def offered(number: int, taskmanager: str = "tm-1") -> SlotOffered:
    return SlotOffered(
        allocation=allocation(number),
        request=f"{JOB}-{number}",
        taskmanager=taskmanager,
        incarnation="i",
        slot=number,
        host="h",
        queue=f"q-{taskmanager}",
    )


def claimed(number: int, pid: int = 100) -> AllocationClaimed:
    return AllocationClaimed(allocation=allocation(number), pid=pid + number, incarnation="i")


def lost(number: int, pid: int = 0) -> SlotLost:
    return SlotLost(allocation=allocation(number), reason="killed by signal 9", pid=pid)


LOGS_CREATED = LogsCreated(generation=0, exchange=(REF,))


def task(
    vertex_id: str, subtask: int, state: str, failure: Failure | None = None, attempt: int = 0
) -> TaskStateChanged:
    return TaskStateChanged(
        vertex=vertex_id,
        subtask=subtask,
        attempt=attempt,
        allocation=allocation(subtask),
        state=state,
        failure=failure,
    )


def running(parallelism: int = 2, options: JobMasterOptions = OPTIONS) -> JobMaster:
    """A master whose tasks all run."""
    made = master(parallelism, options)
    made.start(at())
    for number in range(parallelism):
        made.handle(offered(number), at())
        made.handle(claimed(number), at())
    made.handle(LOGS_CREATED, at())
    for execution in list(made.record.executions.values()):
        for state in ("INITIALIZING", "RUNNING"):
            made.handle(task(execution.vertex, execution.subtask, state), at())
    return made


def states(of: JobMaster) -> list[str]:
    """Job state, then the executions' in topological order."""
    executions = [of.record.executions[SOURCE, 0].state]
    executions += [e.state for (v, _), e in sorted(of.record.executions.items()) if v == FLAT_MAP]
    return [of.record.job.state, *executions]


def reloaded(decisions: list[Decision]) -> JobRecord:
    """What a successor finds after these commits, through the encoding."""
    from penstock.coordination.messages import encode

    rows: dict[str, bytes] = {"job": encode(new_row())}
    outbox: dict[str, bytes] = {}
    for decision in decisions:
        for name, row in decision.rows.items():
            rows.pop(name, None) if row is None else rows.update({name: encode(row)})
        for name, effect in decision.outbox.items():
            outbox.pop(name, None) if effect is None else outbox.update({name: encode(effect)})
    return JobRecord.load(rows, outbox)
