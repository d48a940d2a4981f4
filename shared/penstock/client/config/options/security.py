"""Keys of what protects a cluster: its secret, the token of its REST API, TLS. See docs/security.md."""

from penstock.client.config.option import addresses, boolean, optional_string, string, string_list

SECRET = optional_string(
    "penstock.secret",
    "The cluster secret, at least 16 characters, or `file:PATH` of a file that holds it: what services exchange and "
    "checkpoints are signed with it, and refused otherwise. Not to be given by `-D`: command lines can be read.",
)
TRUSTED = string_list(
    "penstock.secret.trusted",
    "",
    "Further secrets (or `file:PATH`) whose signatures are accepted: a former one, that of another cluster whose "
    "savepoints are restored here.",
)
SECRET_REQUIRED = boolean(
    "penstock.secret.required",
    True,
    "Whether a service refuses to start without a secret where others than this machine can reach its Redis or its "
    "REST API. False: it only warns.",
)
TOKEN = optional_string(
    "penstock.rest.token",
    "Token that REST requests, `/metrics` of all services and the Web UI must bring (`Authorization: Bearer …`), and "
    "that clients send; or `file:PATH` of a file that holds it. At least 16 characters.",
)
ALLOWED_HOSTS = addresses(
    "penstock.rest.allowed-hosts",
    None,
    "Further names that requests may have in `Host`, beside addresses, names without a dot and the machine's own: "
    "else a page from elsewhere could pass itself off as ours (DNS rebinding). `*`: any.",
)
ALLOW_ORIGIN = optional_string(
    "web.access-control-allow-origin",
    "Origin whose pages may read answers (`Access-Control-Allow-Origin`); several by commas, `*`: any. "
    "Default: none but our own; Flink's default is `*`.",
    ("jobmanager.web.access-control-allow-origin",),
)
SSL_ENABLED = boolean(
    "security.ssl.rest.enabled", False, "Whether REST is spoken over TLS, by dispatchers and clients."
)
SSL_KEYSTORE = optional_string(
    "security.ssl.rest.keystore",
    "PEM file with the certificate chain of a dispatcher, and its private key where `penstock.rest.ssl.key` names no "
    "file of its own. (Flink: a Java keystore.)",
    ("security.ssl.keystore",),
)
SSL_KEY = optional_string("penstock.rest.ssl.key", "PEM file with the private key to the certificate.")
SSL_KEY_PASSWORD = optional_string(
    "security.ssl.rest.key-password",
    "Password of the private key, where it is encrypted; or `file:PATH`.",
    ("security.ssl.key-password",),
)
SSL_TRUSTSTORE = optional_string(
    "security.ssl.rest.truststore",
    "PEM file with the certificates of the authorities that are trusted: by clients, those of dispatchers (default: "
    "the system's); by dispatchers, those of clients. (Flink: a Java truststore.)",
    ("security.ssl.truststore",),
)
SSL_VERIFY_HOSTNAME = boolean(
    "security.ssl.rest.verify-hostname", True, "Whether a client compares the dispatcher's name with its certificate."
)
SSL_AUTHENTICATION = boolean(
    "security.ssl.rest.authentication-enabled",
    False,
    "Whether clients must show a certificate of an authority in `security.ssl.rest.truststore` (their own "
    "`security.ssl.rest.keystore`).",
)
REDIS_CA = optional_string(
    "penstock.redis.ssl.ca-file",
    "PEM file with the authorities that are trusted for `rediss://` (default: the system's).",
)
REDIS_PASSWORD = optional_string(
    "penstock.redis.password",
    "Password for every Redis whose URL has none; or `file:PATH` of a file that holds it.",
)
REDIS_USER = string("penstock.redis.username", "", "ACL user for every Redis whose URL has none.")
