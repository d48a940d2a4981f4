"""`python -m penstock_resourcemanager [-D key=value …]`"""

import sys

from penstock.checkpoint.leadership import LeadershipMirror
from penstock.client.config import ConfigurationError, cluster, service_configuration
from penstock.client.config.options.cluster import Provider
from penstock.coordination.coordination import Coordination
from penstock.coordination.logging import configure_logging
from penstock.coordination.renewer import LeaseRenewer
from penstock.security.configured import keyring_of
from penstock.security.exposure import check_exposure
from penstock.service import Service
from penstock_resourcemanager.process_driver import ProcessDriver
from penstock_resourcemanager.provider import WorkerDriver
from penstock_resourcemanager.service import ResourceManager
from penstock_resourcemanager.settings import Settings
from penstock_resourcemanager.term import ROLE


def main(argv: list[str]) -> int:
    """The process's exit status: 0 after SIGTERM, 2 for a configuration that cannot be used."""
    try:
        configuration = service_configuration(argv)
        settings, keyring = Settings.read(configuration), keyring_of(configuration)
        check_exposure(configuration)
    except (ConfigurationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    with Coordination.connect(settings.redis_url, settings.prefix, keyring=keyring) as coordination:
        service = Service("resourcemanager", coordination, configuration, id=settings.id)
        configure_logging(service.name, service.id, folder=configuration.find(cluster.LOG_DIR))
        renewer = LeaseRenewer(settings.redis_url, settings.prefix, settings.lease_ttl_ms, settings.lease_interval_ms)
        service.beats.append(renewer.beat)
        try:
            mirror = LeadershipMirror.of(configuration, settings.prefix, ROLE)
            manager = ResourceManager(coordination, settings, renewer, service, _driver(settings), mirror)
            service.exposition.add(manager.show)
            return service.run(manager.step)
        finally:
            renewer.close()


def _driver(settings: Settings) -> WorkerDriver | None:
    if settings.provider is Provider.STANDALONE or settings.worker_folder is None:
        return None
    return ProcessDriver(settings.worker_folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
