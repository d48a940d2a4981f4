"""Keys of a job: parallelism, chaining, buffers, exchange, Python code that travels with it."""

from enum import Enum

from penstock.client.config.option import (
    boolean,
    duration,
    enumeration,
    integer,
    memory,
    optional_string,
    string,
    string_list,
    string_map,
)


class RuntimeMode(Enum):
    """`execution.runtime-mode`."""

    STREAMING = "STREAMING"
    BATCH = "BATCH"
    AUTOMATIC = "AUTOMATIC"


class FailoverStrategy(Enum):
    """`jobmanager.execution.failover-strategy`."""

    FULL = "full"
    REGION = "region"
    TASK = "task"


PARALLELISM = integer("parallelism.default", 1, "Parallelism of a job that sets none.", least=1)
MAX_PARALLELISM = integer(
    "pipeline.max-parallelism",
    -1,
    "Number of key groups; -1: from the parallelism, between 128 and 32768.",
    least=1,
    most=1 << 15,
    also=-1,
)
PIPELINE_NAME = optional_string("pipeline.name", "Name of the job.")
RUNTIME_MODE = enumeration(
    "execution.runtime-mode",
    RuntimeMode.STREAMING,
    "STREAMING, BATCH, or AUTOMATIC: BATCH where all sources are bounded.",
)
OPERATOR_CHAINING = boolean(
    "pipeline.operator-chaining.enabled",
    True,
    "Whether operators are chained into tasks.",
    ("pipeline.operator-chaining",),
)
AUTO_GENERATE_UIDS = boolean(
    "pipeline.auto-generate-uids", True, "Whether an operator without `uid` gets one from its place in the graph."
)
AUTO_WATERMARK_INTERVAL = duration("pipeline.auto-watermark-interval", "200 ms", "Interval of periodic watermarks.")
GLOBAL_JOB_PARAMETERS = string_map(
    "pipeline.global-job-parameters", "Parameters that functions can read: `k1:v1,k2:v2`."
)
BUFFER_TIMEOUT_ENABLED = boolean(
    "execution.buffer-timeout.enabled",
    True,
    "Whether batches leave after the buffer timeout, or only when full or idle.",
)
BUFFER_TIMEOUT = duration(
    "execution.buffer-timeout.interval",
    "100 ms",
    "Longest time a record waits in a batch.",
    ("execution.buffer-timeout",),
)
CANCELLATION_TIMEOUT = duration(
    "task.cancellation.timeout",
    "5 s",
    "Time a task may take to stop before its slot process is killed; 0: no limit. User code is interrupted after a "
    "second, so this is for calls that cannot be, and for a slow `close`.",
    flink_default="3 min",
)
SORTED_IN_MEMORY = integer(
    "penstock.batch.records-in-memory",
    500_000,
    "Records that a subtask of a batch job holds in memory while it sorts its input by key; what is more goes to "
    "temporary files.",
    least=1,
)
ATTACHED = boolean("execution.attached", False, "Whether the client stays until the job ends.")
TARGET = optional_string(
    "execution.target", "`local` runs in the client's process, `remote` submits. Default: by `rest.address`."
)

FAILOVER_STRATEGY = enumeration(
    "jobmanager.execution.failover-strategy",
    FailoverStrategy.REGION,
    "What restarts when a task fails: `region` and `full` all tasks of the job, `task` (not in Flink) where it can the "
    "failed ones alone (docs/task-local-failover.md).",
)
DETERMINISTIC_FUNCTIONS = boolean(
    "penstock.failover.deterministic-functions",
    False,
    "Whether all functions of the job are deterministic: given the same input in the same order, they emit the same. "
    "With failover strategy `task` their tasks are restarted alone.",
)
RETAINED_SIZE = memory(
    "penstock.failover.retained-size",
    "64 mb",
    "Bytes of one task's input that are kept for failover strategy `task`. At half of it a checkpoint is triggered; at "
    "all of it producers wait for one.",
)

IN_MEMORY_CHANNELS = boolean(
    "penstock.exchange.in-memory-channels",
    True,
    "Whether channels within one slot are queues in memory. `false` sends them through Redis too.",
)
BATCH_SIZE = memory(
    "penstock.exchange.batch-size",
    "32 kb",
    "Size at which a batch of records leaves; on an edge to more than two subtasks twice that for all of them "
    "together, but at least 4 kb each.",
)
BATCH_RECORDS = integer("penstock.exchange.batch-records", 4096, "Number of records at which a batch leaves.", least=1)
CREDIT = memory("penstock.exchange.credit", "512 kb", "Bytes a channel may have under way before its producer stops.")
RECONNECT_TIMEOUT = duration(
    "penstock.exchange.reconnect-timeout",
    "5 s",
    "Time an exchange Redis may refuse or fail connections before the jobs that use it fail. One that only does not "
    "answer is waited for.",
)

PYTHON_FILES = optional_string(
    "python.files", "Files and folders that travel with the job, comma-separated (`penstock run -pyfs`)."
)
PYTHON_ARCHIVES = optional_string(
    "python.archives",
    "Zips that are unpacked where the functions run, comma-separated: `path#folder`, or `path` alone for a folder "
    "of its name. Functions find them by relative paths.",
)
PYTHON_REQUIREMENTS = optional_string("python.requirements", "requirements.txt of the job (`penstock run -pyreq`).")
PYTHON_EXECUTABLE = string("python.executable", "python", "Interpreter of the slots; only its default is supported.")
CACHED_FILES = string_list("pipeline.cached-files", None, "Files to be found by name in functions.")
