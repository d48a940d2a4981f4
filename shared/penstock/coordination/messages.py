"""What the services say to each other: frozen typed values as JSON, with a version and the sender's fencing token.

Three vocabularies, by who reads them: `JobEvent` (the JobMaster of one job), `ResourceEvent` (the ResourceManager),
and the commands a leader writes (`SlotCommand` to a slot process, `TaskManagerCommand` to a TaskManager's parent).
Times are ms since the epoch of the sender's clock, for display; no decision is taken by comparing two clocks.
"""

from typing import Any, TypeAlias, TypeVar

import msgspec
import orjson

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.options import CheckpointOptions, StopMode
from penstock.coordination.failure import Failure

VERSION = 1


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base: `epoch` is the sender's lease epoch (leaders), 0 where it has none."""

    epoch: int = 0
    time: int = 0


# -- events for a JobMaster ------------------------------------------------------------------------------------------


class SlotOffered(Message, frozen=True, kw_only=True, tag=True):
    """A TaskManager set one of its slots aside for this job (answer to request `request`)."""

    allocation: str
    request: str
    taskmanager: str
    incarnation: str
    slot: int
    host: str = ""
    queue: str = ""  #: the Celery queue that reaches the slot


class AllocationClaimed(Message, frozen=True, kw_only=True, tag=True):
    """A slot process made the allocation its own; appended by the claim script."""

    allocation: str
    pid: int
    incarnation: str


class SlotLost(Message, frozen=True, kw_only=True, tag=True):
    """The process behind an allocation is gone: says its TaskManager, or the ResourceManager of a whole TaskManager."""

    allocation: str
    reason: str
    pid: int = 0
    planned: bool = False  #: its TaskManager was told to leave: no failure for the restart strategy to count


class TaskStateChanged(Message, frozen=True, kw_only=True, tag=True):
    """From a slot process: the task is INITIALIZING, RUNNING, FINISHED, CANCELED or FAILED."""

    vertex: str
    subtask: int
    attempt: int
    allocation: str
    state: str
    failure: Failure | None = None
    accumulators: dict[str, Any] = {}


class CancelRequested(Message, frozen=True, kw_only=True, tag=True):
    """From a dispatcher, for a user."""

    by: str = ""


class EffectDone(Message, frozen=True, kw_only=True, tag=True):
    """The JobMaster's own: an outbox row was carried out, or could not be (`error`)."""

    effect: str
    error: str | None = None


class LogsCreated(Message, frozen=True, kw_only=True, tag=True):
    """The JobMaster's own: the input logs of a generation are there (the `EffectDone` of their creation)."""

    generation: int
    exchange: "tuple[ExchangeRef, ...]"


class InputExhausted(Message, frozen=True, kw_only=True, tag=True):
    """From a slot process: the task has no more input and has emitted everything; it is still RUNNING."""

    vertex: str
    subtask: int
    attempt: int


class AckMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Of one subtask's part in a checkpoint; times in ms, as Flink's REST API shows them."""

    start_delay: int = 0  #: from the trigger to the first barrier
    alignment: int = 0  #: from the first barrier to the last
    sync: int = 0
    asynchronous: int = 0
    processed_bytes: int = 0  #: during alignment
    persisted_bytes: int = 0  #: channel state
    unaligned: bool = False


class CheckpointAcked(Message, frozen=True, kw_only=True, tag=True):
    """From a slot process: the subtask's part of a checkpoint is in storage."""

    checkpoint: int
    vertex: str
    subtask: int
    attempt: int
    state: SubtaskState
    metrics: AckMetrics = AckMetrics()
    #: with task-local failover: "edge:producer:consumer" -> records, of the channels that leave and that lead here
    sent: dict[str, int] | None = None
    taken: dict[str, int] | None = None


class RetentionHalf(Message, frozen=True, kw_only=True, tag=True):
    """From a slot process: half of what may be kept of an input log for a replay is. A checkpoint lets it go."""

    vertex: str
    subtask: int
    attempt: int
    bytes: int


class RetentionFull(Message, frozen=True, kw_only=True, tag=True):
    """Likewise: all of it, and producers wait for a checkpoint."""

    vertex: str
    subtask: int
    attempt: int
    bytes: int


class CheckpointDeclined(Message, frozen=True, kw_only=True, tag=True):
    """From a slot process: the subtask cannot do its part."""

    checkpoint: int
    vertex: str
    subtask: int
    attempt: int
    failure: Failure


class CheckpointRequested(Message, frozen=True, kw_only=True, tag=True):
    """From a dispatcher, for a user: a checkpoint or savepoint now. `trigger`: the id to look the answer up by."""

    trigger: str
    savepoint: bool
    directory: str | None = None  #: of a savepoint; None: `execution.checkpointing.savepoint-dir`
    stop: StopMode = "none"
    cancel: bool = False  #: Flink's deprecated cancel-with-savepoint
    full: bool = False


class RescaleRequested(Message, frozen=True, kw_only=True, tag=True):
    """From a dispatcher, for a user: go on at another parallelism, by way of a savepoint."""

    trigger: str
    parallelism: int


class MetadataWritten(Message, frozen=True, kw_only=True, tag=True):
    """The JobMaster's own: the `EffectDone` of WriteMetadata. `path`: of the metadata file."""

    checkpoint: int
    path: str
    size: int
    checksum: str


class SavepointRead(Message, frozen=True, kw_only=True, tag=True):
    """The JobMaster's own: the savepoint to start from fits the job, or why it does not (`error`)."""

    path: str
    checksum: str = ""
    checkpoint: int = 0
    error: str | None = None


class GraphStored(Message, frozen=True, kw_only=True, tag=True):
    """The JobMaster's own: the job's graph at another parallelism is a blob."""

    graph: str  #: sha256
    parallelism: int


JobEvent: TypeAlias = (
    SlotOffered
    | AllocationClaimed
    | SlotLost
    | TaskStateChanged
    | CancelRequested
    | EffectDone
    | LogsCreated
    | InputExhausted
    | CheckpointAcked
    | CheckpointDeclined
    | RetentionHalf
    | RetentionFull
    | CheckpointRequested
    | RescaleRequested
    | MetadataWritten
    | SavepointRead
    | GraphStored
)


# -- events for the ResourceManager ----------------------------------------------------------------------------------


class TaskManagerRegistered(Message, frozen=True, kw_only=True, tag=True):
    """A TaskManager (re)joined. `occupied` lists slots that still run something: slot -> allocation."""

    taskmanager: str
    incarnation: str
    slots: int
    host: str
    queue: str
    occupied: dict[int, str] = {}


class TaskManagerLeft(Message, frozen=True, kw_only=True, tag=True):
    """A clean leave (SIGTERM)."""

    taskmanager: str
    incarnation: str


class SlotsRequested(Message, frozen=True, kw_only=True, tag=True):
    """A JobMaster wants one slot for each request id that is not answered yet. Granted all together or not yet."""

    job: str
    requests: tuple[str, ...]


class SlotRequestsCancelled(Message, frozen=True, kw_only=True, tag=True):
    """The job wants no more slots; unanswered requests are forgotten."""

    job: str


class SlotFreed(Message, frozen=True, kw_only=True, tag=True):
    """A TaskManager reports the slot's process idle again: the only way a slot becomes free."""

    taskmanager: str
    incarnation: str
    slot: int
    allocation: str


ResourceEvent: TypeAlias = TaskManagerRegistered | TaskManagerLeft | SlotsRequested | SlotRequestsCancelled | SlotFreed


# -- commands --------------------------------------------------------------------------------------------------------


class TaskAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One execution attempt of one subtask."""

    vertex: str
    subtask: int
    attempt: int


class ExchangeRef(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange Redis as the JobMaster found it: `run_id` of its INFO, and the nonce written with the logs."""

    url: str
    run_id: str
    nonce: str


class RestoreRef(msgspec.Struct, frozen=True, kw_only=True):
    """The checkpoint that new attempts begin with. `path`: of its metadata file."""

    checkpoint: int
    path: str
    checksum: str = ""
    allow_non_restored: bool = False


class Deploy(Message, frozen=True, kw_only=True, tag=True):
    """Run these tasks. Everything else follows from the JobGraph by `penstock.graph.wiring`."""

    graph: str  #: sha256 of the JobGraph blob
    generation: int
    tasks: tuple[TaskAttempt, ...]
    #: vertex -> allocation of each subtask; the same allocation: in-memory channel
    placement: dict[str, tuple[str, ...]]
    exchange: tuple[ExchangeRef, ...]
    restore: RestoreRef | None = None
    checkpointing: bool = False  #: an ended task waits for a checkpoint before it is FINISHED
    #: tasks may be restarted one by one: every channel leads through a log, slots are woken by their place in the job
    task_local: bool = False
    retained: tuple[str, ...] = ()  #: vertices whose logs are kept from the last completed checkpoint on
    retained_bytes: int = 64 << 20  #: of one log
    decided: int = 0  #: checkpoints up to this one are complete or aborted: a replay has no part in them


class CancelTasks(Message, frozen=True, kw_only=True, tag=True):
    """Stop these attempts and report CANCELED."""

    tasks: tuple[TaskAttempt, ...]


class TriggerCheckpoint(Message, frozen=True, kw_only=True, tag=True):
    """Snapshot these head tasks and send the barrier on."""

    checkpoint: int
    tasks: tuple[TaskAttempt, ...]
    options: CheckpointOptions


class NotifyCheckpointComplete(Message, frozen=True, kw_only=True, tag=True):
    """The checkpoint exists for good: sinks commit, ended tasks finish."""

    checkpoint: int


class NotifyCheckpointAborted(Message, frozen=True, kw_only=True, tag=True):
    """The checkpoint will not be: uploads stop, and their files go. Input logs are told by CancelCheckpoint entries."""

    checkpoint: int


class RetentionOff(Message, frozen=True, kw_only=True, tag=True):
    """Trim the logs of these vertices to what is consumed, until a checkpoint of at least this number is complete."""

    vertices: tuple[str, ...]
    checkpoint: int


class ReleaseSlot(Message, frozen=True, kw_only=True, tag=True):
    """To a slot process and to its TaskManager: give the allocation back, whatever runs in it."""

    allocation: str
    job: str = ""
    answer: bool = False  #: the job waits for the process's end: its TaskManager says `SlotLost`, also if it knows none


class OfferSlot(Message, frozen=True, kw_only=True, tag=True):
    """To a TaskManager, from the ResourceManager: set the slot aside and offer it to the job."""

    allocation: str
    request: str
    job: str
    slot: int
    incarnation: str


SlotCommand: TypeAlias = (
    Deploy
    | CancelTasks
    | ReleaseSlot
    | TriggerCheckpoint
    | NotifyCheckpointComplete
    | NotifyCheckpointAborted
    | RetentionOff
)
TaskManagerCommand: TypeAlias = OfferSlot | ReleaseSlot

T = TypeVar("T")


def encode(message: msgspec.Struct) -> bytes:
    """JSON with the protocol version beside the fields."""
    fields = msgspec.to_builtins(message)
    fields["v"] = VERSION
    return orjson.dumps(fields, option=orjson.OPT_NON_STR_KEYS)


def decode(raw: bytes | str, kind: type[T]) -> T:
    """The message of a vocabulary (`JobEvent`, …) or row type. ValueError names what is wrong with the input."""
    fields = orjson.loads(raw)
    if not isinstance(fields, dict):
        raise ValueError(f"not a message: {raw[:80]!r}")
    if fields.pop("v", VERSION) > VERSION:
        raise ValueError(f"a message of a newer version than {VERSION}: {raw[:80]!r}")
    return msgspec.convert(fields, kind, strict=False)
