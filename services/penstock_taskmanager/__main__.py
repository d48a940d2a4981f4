"""`python -m penstock_taskmanager [-D key=value …]`"""

import sys

from penstock.client.config import ConfigurationError, service_configuration
from penstock.security.exposure import check_exposure
from penstock_taskmanager import hash_seed
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.taskmanager import run_taskmanager


def main(argv: list[str]) -> int:
    """The process's exit status: 0 after SIGTERM, 2 for a configuration that cannot be used."""
    try:
        configuration = service_configuration(argv)
        settings = Settings.read(configuration)
        check_exposure(configuration)
    except (ConfigurationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    hash_seed.fix(settings.prefix)
    return run_taskmanager(configuration, settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
