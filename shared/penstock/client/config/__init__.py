"""Configuration: one typed schema, read from conf/config.yaml, $PENSTOCK_PROPERTIES and `-D key=value`.

configuration = load_configuration(["rest.port=8082"])
configuration.get(rest.REST_PORT)                       # int
configuration.get(cluster.HEARTBEAT_TIMEOUT)            # datetime.timedelta
configuration.find(cluster.STORAGE_DIR)                 # str | None
"""

from penstock.client.config.configuration import Configuration
from penstock.client.config.errors import ConfigurationError
from penstock.client.config.loading import ConfigurationWarning, load_configuration, service_configuration
from penstock.client.config.option import ConfigOption
from penstock.client.config.options import cluster, execution, rest

__all__ = [
    "ConfigOption",
    "Configuration",
    "ConfigurationError",
    "ConfigurationWarning",
    "cluster",
    "execution",
    "load_configuration",
    "rest",
    "service_configuration",
]
