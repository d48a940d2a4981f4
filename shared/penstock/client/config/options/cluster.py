"""Keys of the cluster itself: Redis, storage, leases, heartbeats, slots."""

from enum import Enum

from penstock.client.config.option import (
    addresses,
    duration,
    enumeration,
    integer,
    optional_integer,
    optional_string,
    string,
)

CLUSTER_ID = string(
    "cluster.id",
    "penstock",
    "Prefix of every key in Redis: separates clusters that share one.",
    flink_default="00000000000000000000000000000000",
)
REDIS_URL = string(
    "penstock.redis.url",
    "redis://127.0.0.1:6379/0",
    "Coordination Redis: leases, job store, events, broker. Needs `appendfsync always` and `noeviction`. Behind "
    "Sentinels: `redis+sentinel://host:port,host:port/service/db`.",
)
EXCHANGE_URLS = addresses(
    "penstock.exchange.urls",
    None,
    "Redises that carry the records between tasks. Default: the coordination Redis, which is for trying out.",
)
STORAGE_DIR = optional_string(
    "penstock.storage.dir",
    "State plane: directory, shared by all services, of checkpoints and of payloads over 1 MiB. "
    "Without it, payloads stay in Redis.",
)
JOBSTORE_EXPIRATION = integer(
    "jobstore.expiration-time",
    3600,
    "Seconds after its end for which a job is shown. Then its rows and counters go, and the payloads that no other job "
    "needs. That it has ended is remembered for another 30 days.",
    least=0,
)
JOBSTORE_CAPACITY = integer(
    "jobstore.max-capacity", 2**31 - 1, "Ended jobs that are shown at most; of more, the oldest go at once.", least=0
)
TMP_DIRS = optional_string(
    "io.tmp.dirs",
    "Folder for the temporary files of TaskManagers: packages, and RocksDB's files unless "
    "state.backend.rocksdb.localdir says otherwise. Each slot process has one of its own there, which goes with it. "
    "Default: the system's.",
    ("taskmanager.tmp.dirs",),
)
SERVICE_ID = optional_string(
    "penstock.service.id", "Id of a dispatcher, JobManager or ResourceManager. Default: random."
)
LOG_DIR = optional_string(
    "env.log.dir",
    "Folder that all processes log into besides their output, `<id>.log` and the one before it, 16 MiB each: what "
    "`penstock logs`, the Web UI, `/jobmanager/log` and `/taskmanagers/:id/log` show. `cluster start` sets it.",
)
LOG_MAX = integer(
    "env.log.max",
    10,
    "Logs of processes that have ended which stay in env.log.dir, of each kind of process: dispatchers remove the "
    "oldest of more, once they are ten minutes old.",
    least=0,
)
HEALTH_PORT = integer(
    "penstock.health.port",
    -1,
    "Port at which a service answers `GET /health`; -1: none, 0: any free one.",
    least=-1,
    most=65535,
)
HEALTH_ADDRESS = string(
    "penstock.health.bind-address", "127.0.0.1", "Address at which a service answers `GET /health`."
)
LEASE_TTL = duration(
    "penstock.lease.ttl",
    "1500 ms",
    "Time after which an unrenewed lease is free. Its holder stops acting at two thirds of it.",
)
LEASE_INTERVAL = duration("penstock.lease.interval", "400 ms", "Pause between two renewals of a lease.")
LEASE_POLL = duration(
    "penstock.lease.poll-interval", "500 ms", "How often a contender looks for free leases when nothing wakes it."
)
TAKEOVER_LIMIT = integer(
    "penstock.job.takeover-limit",
    10,
    "Takeovers of a job without a stable period between after which it is FAILED.",
    least=1,
)

HEARTBEAT_INTERVAL = duration(
    "heartbeat.interval", "500 ms", "Pause between two heartbeats of a TaskManager.", flink_default="10 s"
)
HEARTBEAT_TIMEOUT = duration(
    "heartbeat.timeout", "2500 ms", "Time without a heartbeat after which a TaskManager is lost.", flink_default="50 s"
)
SLOT_REQUEST_TIMEOUT = duration(
    "slot.request.timeout", "5 min", "Time a job waits for its slots before it fails with NoResourceAvailableException."
)
OFFER_TIMEOUT = duration(
    "penstock.slot.offer-timeout",
    "5 s",
    "Time after which a slot offer that nobody confirmed returns to the ResourceManager.",
)
CLAIM_TIMEOUT = duration(
    "penstock.slot.claim-timeout", "2 s", "Time after which a deployment that no slot has claimed is sent again."
)
TASK_SLOTS = integer(
    "taskmanager.numberOfTaskSlots", 1, "Slots of a TaskManager: processes of its Celery worker.", least=1
)
TASKMANAGER_ID = optional_string(
    "taskmanager.resource-id", "Id of a TaskManager. Default: host name and a random suffix."
)
TASKMANAGER_HOST = optional_string(
    "taskmanager.host", "Host name a TaskManager registers. Default: that of the machine."
)
PROBE_INTERVAL = duration(
    "penstock.taskmanager.probe-interval", "2 s", "How often a TaskManager probes its own Celery consumer."
)
PROBE_TIMEOUT = duration(
    "penstock.taskmanager.probe-timeout",
    "5 s",
    "Time after which a probe that was not picked up restarts the consumer.",
)


class Provider(Enum):
    """Who starts TaskManagers."""

    STANDALONE = "standalone"
    PROCESS = "process"


PROVIDER = enumeration(
    "penstock.resourcemanager.provider",
    Provider.STANDALONE,
    "Who starts TaskManagers: `standalone`, somebody else; `process`, the ResourceManager, as processes of its "
    "machine, when slots are missing.",
)
WORKER_FOLDER = optional_string(
    "penstock.resourcemanager.process-dir",
    "Folder in which the process provider keeps pid files and logs of the TaskManagers it starts; all ResourceManagers "
    "see the same, on one machine. `penstock cluster start --provider process` sets it.",
)
LEAST_SLOTS = integer(
    "slotmanager.number-of-slots.min", 0, "Slots that are there though nobody wants them, with a provider.", least=0
)
MOST_SLOTS = optional_integer(
    "slotmanager.number-of-slots.max",
    "Slots of all TaskManagers up to which more are started. Default: twice the machine's cores, at least 8.",
    least=1,
)
TASKMANAGER_TIMEOUT = duration(
    "resourcemanager.taskmanager-timeout",
    "30 s",
    "Time after which a TaskManager that was started for jobs, and has none, is released.",
    ("slotmanager.taskmanager-timeout",),
)
REGISTRATION_TIMEOUT = duration(
    "resourcemanager.taskmanager-registration.timeout",
    "5 min",
    "Time within which a started TaskManager must register; then it is ended.",
)
MAX_ATTEMPTS_HISTORY = integer(
    "jobmanager.execution.attempts-history-size",
    16,
    "Earlier attempts kept of each subtask.",
    ("job-manager.max-attempts-history-size",),
    least=0,
)
EXCEPTION_HISTORY = integer("web.exception-history-size", 16, "Failures kept of each job.", least=0)
