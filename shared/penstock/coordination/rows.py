"""The rows that leaders commit and everybody may read: the whole state of a job, of the slot ledger, of a TaskManager.

Row names in `keys.rows("job:<id>")`: `job` -> JobRow; `execution:<vertex>:<subtask>` -> ExecutionRow;
`allocation:<id>` -> AllocationRow; `request:<id>` -> RequestRow; `failure:<n>` -> FailureRow; `checkpoints` ->
CheckpointsRow; `checkpoint:<n>` -> CheckpointRow; `ack:<n>:<vertex>:<subtask>` -> AckRow, while n is not decided;
`checkpoint-tasks:<n>` -> CheckpointTasksRow, then; `trigger:<id>` -> TriggerRow; `restart` -> RestartRow;
`attempts:<vertex>:<subtask>` -> AttemptsRow, once there is more than one attempt.
In `keys.rows("resourcemanager")`: `taskmanager:<id>` -> TaskManagerRow; `slot:<tm>:<n>` -> LedgerRow;
`job:<id>` -> DemandRow; `worker:<id>` -> WorkerRow.
"""

from typing import Literal

import msgspec

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.failure import Failure
from penstock.coordination.messages import AckMetrics, ExchangeRef, RestoreRef
from penstock.graph.states import ExecutionState, JobState


class Rescale(msgspec.Struct, frozen=True, kw_only=True):
    """A change of parallelism under way: savepoint `checkpoint`, then all executions are made anew (`remade`).

    `checkpoint`: None where nothing ran, as slots were missing. `graph`: sha256 of the graph to go on with, once it is
    stored. `before`: the parallelism to go back to where there are no slots for the new one; 0: none.
    """

    trigger: str
    parallelism: int
    checkpoint: int | None = None
    graph: str | None = None
    remade: bool = False
    before: int = 0


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """One a job. `timestamps`: ms at which each state was entered last."""

    job: str
    name: str
    state: JobState
    graph: str  #: sha256 of the JobGraph blob
    timestamps: dict[str, int] = {}
    start_time: int = 0
    end_time: int = -1
    message: str = ""  #: "waiting for 2 of 4 slots"
    generation: int = 0
    exchange: tuple[ExchangeRef, ...] = ()
    root_failure: Failure | None = None
    takeovers: int = 0
    handed_over: bool = False  #: its leader gives it up of its own accord, or begins what others may make it die of
    next_allocation: int = 0
    restore: RestoreRef | None = None  #: what the current attempts began with
    initial: RestoreRef | None = None  #: the savepoint that the job was started from; the user's, never deleted
    stop: int | None = None  #: the savepoint that the job is being stopped with
    rescale: Rescale | None = None
    #: with task-local failover: logs were trimmed for want of space, until a checkpoint from this one on is complete
    region_only: int | None = None
    retention_full: bool = False  #: some log is at its bound: should the next checkpoint fail, all are trimmed


class ExecutionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The current attempt of one subtask. Ordered as (epoch, attempt); `attempt` counts from 0 as in Flink's REST."""

    vertex: str
    subtask: int
    state: ExecutionState
    attempt: int = 0
    epoch: int = 0  #: of the JobMaster that made the attempt
    allocation: str | None = None
    taskmanager: str | None = None
    endpoint: str | None = None
    timestamps: dict[str, int] = {}
    failure: Failure | None = None
    exhausted: bool = False  #: it has no more input, and waits for a checkpoint to be FINISHED
    finishing: bool = False  #: that checkpoint is completed


class AttemptsRow(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of a subtask before its current one, the oldest first, bounded; as they ended."""

    vertex: str
    subtask: int
    attempts: tuple[ExecutionRow, ...] = ()


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A slot request that is not answered yet. `deadline`: ms by the leader's own clock, re-armed at a takeover."""

    request: str
    since: int


AllocationState = Literal["OFFERED", "CLAIMED", "RELEASING", "GONE"]


class AllocationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A slot this job was offered and accepted."""

    allocation: str
    taskmanager: str
    incarnation: str
    slot: int
    queue: str
    host: str = ""
    state: AllocationState = "OFFERED"
    pid: int = 0
    deployed: bool = False
    place: int = 0  #: which of the job's shared slots it is


class FailureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the exception history. `concurrent`: it came while the job was being stopped for an earlier one."""

    time: int
    failure: Failure
    concurrent: bool = False
    recovery: str = ""  #: what restarts because of it, and why that


CheckpointStatus = Literal["PENDING", "WRITING", "COMPLETED", "FAILED"]


class CheckpointsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of a job's checkpoints, as Flink's REST API has them; ids are never given twice."""

    next_id: int = 1
    triggered: int = 0
    completed: int = 0
    failed: int = 0
    restored: int = 0
    consecutive_failures: int = 0
    restored_id: int | None = None
    restored_at: int = 0
    restored_path: str | None = None
    restored_savepoint: bool = False
    pointer: int | None = None  #: newest checkpoint that the job could ever be restored from
    last_ended: int = 0  #: ms, wall clock, for the minimum pause


class CheckpointRow(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint or savepoint. Sizes in bytes, times in ms."""

    checkpoint: int
    status: CheckpointStatus
    options: CheckpointOptions
    trigger: str | None = None  #: of the user's request
    triggered_at: int
    latest_ack: int = 0
    ended_at: int = 0
    tasks: int = 0
    acked: int = 0
    path: str | None = None  #: of the metadata file, once COMPLETED
    checksum: str = ""
    mirrored: bool = False
    discarded: bool = False
    unusable: bool = False  #: a file is missing or damaged
    size: int = 0
    new_bytes: int = 0
    processed_bytes: int = 0
    persisted_bytes: int = 0
    failure: str | None = None
    failed_at: int | None = None
    generation: int = 0  #: of the attempts that take part in it
    owned: bool = True  #: the job's own, discarded when subsumed; False: a user's savepoint
    final: bool = False  #: all live tasks had ended when it was triggered
    cancels: bool = False  #: once it is COMPLETED, the job is cancelled


class AckRow(msgspec.Struct, frozen=True, kw_only=True):
    """One subtask's acknowledgement."""

    checkpoint: int
    vertex: str
    subtask: int
    attempt: int
    time: int
    state: SubtaskState
    metrics: AckMetrics
    sent: dict[str, int] | None = None  #: with task-local failover: "edge:producer:consumer" -> records
    taken: dict[str, int] | None = None


class TaskStats(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An acknowledgement without its state, for the statistics."""

    vertex: str
    subtask: int
    time: int
    size: int
    new_bytes: int
    metrics: AckMetrics


class CheckpointTasksRow(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics by subtask of a checkpoint that is decided."""

    checkpoint: int
    tasks: tuple[TaskStats, ...] = ()


class TriggerRow(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a user's request: savepoint, checkpoint, stop, rescale. Bounded in number; the oldest go."""

    trigger: str
    kind: Literal["checkpoint", "savepoint", "stop", "rescale"]
    state: Literal["IN_PROGRESS", "COMPLETED", "FAILED"]
    time: int
    checkpoint: int | None = None
    location: str | None = None
    failure: Failure | None = None


class RestartRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the restart strategy remembers; times in ms. `backoff`: of the exponential delay, the current one.

    `failures`: times of those that still count. A RUNNING job with something `due` restarts its failed tasks then.
    """

    restarts: int = 0
    local: int = 0  #: those in which failed tasks were restarted alone
    failures: tuple[int, ...] = ()
    backoff: int = 0
    due: int | None = None  #: when the restart that was decided begins


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `keys.claims(job)`. OFFERED -> CLAIMED once, by compare-and-set; WITHDRAWN: late copies do nothing."""

    state: Literal["OFFERED", "CLAIMED", "WITHDRAWN"]
    epoch: int
    incarnation: str
    pid: int = 0
    nonce: str = ""  #: of the slot process, so that its own repeated claim is recognised


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """What is left for good of a terminal job."""

    job: str
    state: JobState
    time: int
    runtime: int = 0
    failure: Failure | None = None


class TaskManagerRow(msgspec.Struct, frozen=True, kw_only=True):
    """The ResourceManager's entry of a live TaskManager."""

    taskmanager: str
    incarnation: str
    slots: int
    host: str
    queue: str


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A slot that is not free: set aside for a job."""

    allocation: str
    job: str
    request: str
    taskmanager: str
    incarnation: str
    slot: int


class WorkerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A TaskManager that the ResourceManager has started itself; `worker` is its id."""

    worker: str
    state: Literal["STARTING", "UP", "STOPPING"]


class DemandRow(msgspec.Struct, frozen=True, kw_only=True):
    """Slot requests of a job that could not be granted yet, oldest job first."""

    job: str
    requests: tuple[str, ...]
    since: int
    order: int


class TaskManagerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A TaskManager's own registration, for REST and the client. Memory in bytes."""

    taskmanager: str
    incarnation: str
    host: str
    pid: int
    slots: int
    queue: str
    python_version: str
    cpu_cores: int
    physical_memory: int
    time: int = 0


class SlotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A TaskManager's own view of one of its slots."""

    state: Literal["FREE", "OFFERED", "ACTIVE"]
    incarnation: str
    allocation: str = ""
    job: str = ""
    request: str = ""
    pid: int = 0


class ServiceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A live process, renewed every second or so. `time`: ms by the Redis clock; older than `ttl` ms: dead."""

    service: str  #: dispatcher, jobmanager, resourcemanager, taskmanager, slot
    id: str
    pid: int
    host: str
    time: int
    ttl: int = 10_000
    state: str = "RUNNING"  #: LEADING / STANDBY for a resourcemanager, FREE / ACTIVE for a slot
    jobs: tuple[str, ...] = ()
    address: str | None = None  #: REST URL of a dispatcher
    parent: int = 0
    memory: int = 0  #: resident, bytes
    cpu: float = 0.0  #: seconds of CPU used
    load: float = 0.0  #: CPUs used since the announcement before
    refused: int = 0  #: a TaskManager's: Celery deliveries that were late copies or nobody's
    #: what was refused as not sealed with the cluster secret, by kind; slots' by their TaskManager
    unsealed: dict[str, int] = {}


class ProfileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How a vertex's subtasks are to be sampled: `samples` stacks of at most `depth` frames, `delay` seconds apart."""

    samples: int
    delay: float
    depth: int


class StackSamples(msgspec.Struct, frozen=True, kw_only=True):
    """The last stacks of one subtask's attempt, outermost frame first; `time`: of the newest, ms.

    Each with how often it was seen on the CPU, and how often off it.
    """

    attempt: int
    time: int
    stacks: tuple[tuple[tuple[str, ...], int, int], ...] = ()


class LatencyHistogram(msgspec.Struct, frozen=True, kw_only=True):
    """How long latency markers were under way to an operator (its id), in ms: the last so many of `count`.

    source: id of the operator that emitted them, "" for any; source_subtask: its subtask, None for any.
    """

    operator: str
    source: str = ""
    source_subtask: int | None = None
    count: int = 0
    min: float = 0.0
    max: float = 0.0
    mean: float = 0.0
    stddev: float = 0.0
    p50: float = 0.0
    p75: float = 0.0
    p90: float = 0.0
    p95: float = 0.0
    p98: float = 0.0
    p99: float = 0.0
    p999: float = 0.0


class SubtaskMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of one subtask's attempt, written about once a second. `…_rate`: a second, over the last few."""

    attempt: int
    records_in: int = 0
    records_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    busy_ms: int = 0
    backpressured_ms: int = 0
    idle_ms: int = 0
    records_in_rate: float = 0.0
    records_out_rate: float = 0.0
    bytes_in_rate: float = 0.0
    bytes_out_rate: float = 0.0
    busy_rate: float = 0.0  #: ms a second, as the next two
    backpressured_rate: float = 0.0
    idle_rate: float = 0.0
    records_read: int = 0  #: by a source from outside; not of `records_in`
    records_read_rate: float = 0.0
    watermark: int | None = None
    final: bool = False
    user: dict[str, int | float | str] = {}  #: of functions: `operator.group.name`, with `.rate`, `.count` and so on
    latency: tuple[LatencyHistogram, ...] = ()  #: where latency markers are on
