"""Keys of the REST endpoint and of the clients that speak to it."""

from penstock.client.config.option import addresses, boolean, duration, integer, optional_string, string

REST_ADDRESS = optional_string(
    "rest.address", "Host of the dispatcher. Where it is set, `penstock run` submits to it instead of running locally."
)
REST_PORT = integer("rest.port", 8081, "Port that clients connect to.", least=0, most=65535)
REST_ADDRESSES = addresses(
    "penstock.rest.addresses",
    None,
    "`host:port` of every dispatcher, tried in order: `rest.address` for a cluster with several (`penstock run -m`).",
)
BIND_ADDRESS = string(
    "rest.bind-address",
    "127.0.0.1",
    "Address a dispatcher listens at. The loopback unless told otherwise: it runs what it is sent.",
    ("web.address", "jobmanager.web.address"),
)
BIND_PORT = string(
    "rest.bind-port",
    "8081",
    "Port a dispatcher listens at (else `rest.port`): one port, `0` for any, "
    "or ports and ranges (`8081,8090-8099`), of which the first free one is taken.",
    ("rest.port", "web.port", "jobmanager.web.port"),
)
ADVERTISED_ADDRESS = optional_string(
    "penstock.rest.advertised-address",
    "`host:port` under which a dispatcher announces itself, where clients reach it by another name.",
)
RETRY_ATTEMPTS = integer(
    "rest.retry.max-attempts", 20, "How often a client tries an operation that can be tried again.", least=0
)
RETRY_DELAY = duration("rest.retry.delay", "500 ms", "Pause between two tries of a client.", flink_default="3 s")
CONNECTION_TIMEOUT = duration("rest.connection-timeout", "15 s", "How long a client waits for a connection.")
IDLENESS_TIMEOUT = duration("rest.idleness-timeout", "5 min", "How long a client's connection may be idle.")
SERVER_MAX_CONTENT_LENGTH = integer(
    "rest.server.max-content-length",
    104857600,
    "Largest request body a dispatcher reads, in bytes; larger ones are answered 413.",
)
SUBMIT_ENABLED = boolean(
    "web.submit.enable", True, "Whether programs may be uploaded and run by REST.", ("jobmanager.web.submit.enable",)
)
CANCEL_ENABLED = boolean("web.cancel.enable", True, "Whether jobs may be cancelled by REST.")
UPLOAD_DIR = optional_string(
    "web.upload.dir",
    "Directory of uploaded programs. Default: `uploads` under `penstock.storage.dir`.",
    ("jobmanager.web.upload.dir",),
)
REFRESH_INTERVAL = duration(
    "web.refresh-interval",
    "3 s",
    "How often the Web UI refreshes, as `/config` tells it.",
    ("jobmanager.web.refresh-interval",),
)
FLAMEGRAPH_ENABLED = boolean(
    "rest.flamegraph.enabled",
    True,
    "Whether flame graphs are shown. Slots take samples only while one is looked at. *Flink's default: `false`.*",
)
FLAMEGRAPH_SAMPLES = integer(
    "rest.flamegraph.num-samples", 100, "Samples of each subtask that a flame graph is made of.", least=1, most=10_000
)
FLAMEGRAPH_DELAY = duration("rest.flamegraph.delay-between-samples", "50 ms", "Time between two samples.")
FLAMEGRAPH_DEPTH = integer(
    "rest.flamegraph.stack-depth", 100, "Frames of a stack that are shown, from the outermost.", least=1, most=1000
)
CLIENT_TIMEOUT = duration("client.timeout", "1 min", "How long `cancel` and the like wait for an answer.")
WEB_TIMEOUT = duration(
    "web.timeout", "10 min", "How long main() of a program that a dispatcher runs (`/jars/:id/run`) may take."
)
