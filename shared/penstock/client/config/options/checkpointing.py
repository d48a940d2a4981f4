"""Keys of checkpoints, savepoints and restart strategies."""

from enum import Enum

from penstock.client.config.option import (
    boolean,
    duration,
    enumeration,
    floating,
    integer,
    memory,
    optional_duration,
    optional_enumeration,
    optional_string,
)


class Mode(Enum):
    """`execution.checkpointing.mode`."""

    EXACTLY_ONCE = "EXACTLY_ONCE"
    AT_LEAST_ONCE = "AT_LEAST_ONCE"


class Retention(Enum):
    """`execution.checkpointing.externalized-checkpoint-retention`."""

    NO_EXTERNALIZED_CHECKPOINTS = "NO_EXTERNALIZED_CHECKPOINTS"
    DELETE_ON_CANCELLATION = "DELETE_ON_CANCELLATION"
    RETAIN_ON_CANCELLATION = "RETAIN_ON_CANCELLATION"


class RestartStrategy(Enum):
    """`restart-strategy.type`."""

    NONE = "none"
    OFF = "off"
    DISABLE = "disable"
    FIXED_DELAY = "fixed-delay"
    FAILURE_RATE = "failure-rate"
    EXPONENTIAL_DELAY = "exponential-delay"


_P = "execution.checkpointing"
INTERVAL = optional_duration(f"{_P}.interval", "Pause between the starts of two checkpoints. Unset: none are taken.")
MODE = enumeration(f"{_P}.mode", Mode.EXACTLY_ONCE, "EXACTLY_ONCE, or AT_LEAST_ONCE, which does not align.")
TIMEOUT = duration(f"{_P}.timeout", "10 min", "Time after which a checkpoint that is not complete is given up.")
MIN_PAUSE = duration(f"{_P}.min-pause", "0 ms", "Least time between the end of a checkpoint and the next one's start.")
MAX_CONCURRENT = integer(f"{_P}.max-concurrent-checkpoints", 1, "Checkpoints that may be under way at a time.", least=1)
TOLERABLE_FAILURES = integer(
    f"{_P}.tolerable-failed-checkpoints",
    0,
    "Failed checkpoints in a row that the job bears; one more restarts it.",
    least=0,
)
RETENTION = enumeration(
    f"{_P}.externalized-checkpoint-retention",
    Retention.NO_EXTERNALIZED_CHECKPOINTS,
    "Which checkpoints outlive a job that is cancelled or fails.",
)
DIR = optional_string(
    f"{_P}.dir",
    "Folder or URL for checkpoints. Default: `checkpoints` in `penstock.storage.dir`.",
    ("state.checkpoints.dir", "state.backend.fs.checkpointdir"),
)
SAVEPOINT_DIR = optional_string(
    f"{_P}.savepoint-dir",
    "Folder or URL for savepoints that name none.",
    ("state.savepoints.dir", "savepoints.state.backend.fs.dir"),
)
NUM_RETAINED = integer(
    f"{_P}.num-retained", 1, "Completed checkpoints that are kept.", ("state.checkpoints.num-retained",), least=1
)
CREATE_SUBDIR = boolean(
    f"{_P}.create-subdir",
    True,
    "Whether a job's checkpoints get a folder of their own.",
    ("state.checkpoints.create-subdir",),
)
INCREMENTAL = boolean(
    f"{_P}.incremental",
    False,
    "Whether a backend that can (RocksDB) saves only what has changed.",
    ("state.backend.incremental",),
)
UNALIGNED = boolean(
    f"{_P}.unaligned.enabled",
    False,
    "Whether barriers overtake the records under way, which then are part of the checkpoint.",
    (f"{_P}.unaligned",),
)
UNALIGNED_FORCED = boolean(f"{_P}.unaligned.forced", False, "Accepted, as in Flink; no topology here needs it.")
ALIGNED_TIMEOUT = duration(
    f"{_P}.aligned-checkpoint-timeout",
    "0 ms",
    "Time an unaligned checkpoint may try to be an aligned one.",
    (f"{_P}.alignment-timeout",),
)
AFTER_TASKS_FINISH = boolean(
    f"{_P}.checkpoints-after-tasks-finish",
    True,
    "Whether checkpoints go on once some tasks have ended.",
    (f"{_P}.checkpoints-after-tasks-finish.enabled",),
)
INLINE_THRESHOLD = memory(
    f"{_P}.data-inline-threshold",
    "20 kb",
    "State up to this size stands in the metadata file instead of one of its own.",
    ("state.storage.fs.memory-threshold", "state.backend.fs.memory-threshold"),
)
COMPRESSION = boolean(
    f"{_P}.snapshot-compression",
    False,
    "Whether state files are compressed (by zlib). Files of RocksDB's own are as RocksDB writes them.",
)
HISTORY = integer(
    "web.checkpoints.history",
    10,
    "Checkpoints whose statistics are kept.",
    ("jobmanager.web.checkpoints.history",),
    least=1,
)

_S = "execution.state-recovery"
RECOVERY_PATH = optional_string(
    f"{_S}.path",
    "Savepoint or checkpoint that the job starts from (`penstock run -s`). It stays the user's: it is never deleted.",
    ("execution.savepoint.path",),
)
IGNORE_UNCLAIMED = boolean(
    f"{_S}.ignore-unclaimed-state",
    False,
    "Whether state of operators that the job does not have is passed over (`penstock run -n`).",
    ("execution.savepoint.ignore-unclaimed-state",),
)

_R = "restart-strategy"
RESTART_STRATEGY = optional_enumeration(
    f"{_R}.type",
    RestartStrategy,
    "none (off, disable), fixed-delay, failure-rate or exponential-delay. Default: exponential-delay with "
    "checkpointing, none without.",
    (_R,),
)
FIXED_DELAY_ATTEMPTS = integer(f"{_R}.fixed-delay.attempts", 1, "Restarts before the job fails.", least=0)
FIXED_DELAY = duration(f"{_R}.fixed-delay.delay", "1 s", "Pause before a restart.")
FAILURE_RATE_MAX = integer(
    f"{_R}.failure-rate.max-failures-per-interval", 1, "Failures within the interval that the job survives.", least=1
)
FAILURE_RATE_INTERVAL = duration(f"{_R}.failure-rate.failure-rate-interval", "1 min", "The interval.")
FAILURE_RATE_DELAY = duration(f"{_R}.failure-rate.delay", "1 s", "Pause before a restart.")
INITIAL_BACKOFF = duration(
    f"{_R}.exponential-delay.initial-backoff",
    "100 ms",
    "Pause before the first restart. The first one after a lost process has none.",
    flink_default="1 s",
)
MAX_BACKOFF = duration(f"{_R}.exponential-delay.max-backoff", "1 min", "The longest pause.")
BACKOFF_MULTIPLIER = floating(
    f"{_R}.exponential-delay.backoff-multiplier", 1.5, "What the pause is multiplied by after each failure.", least=1.0
)
RESET_BACKOFF = duration(
    f"{_R}.exponential-delay.reset-backoff-threshold",
    "1 h",
    "Time without a failure after which the pause is the initial one again.",
)
JITTER = floating(f"{_R}.exponential-delay.jitter-factor", 0.1, "Random part of the pause.", least=0.0)
ATTEMPTS_BEFORE_RESET = integer(
    f"{_R}.exponential-delay.attempts-before-reset-backoff",
    -1,
    "Restarts before the job fails, counted anew where the pause is reset; -1: any number.",
    least=0,
    also=-1,
)
