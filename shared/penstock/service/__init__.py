"""What the shells of all services share: signals, the announcement in the registry, health, the main loop."""

from penstock.service.exposition import Exposition, Families
from penstock.service.health import start_health
from penstock.service.shell import Service

__all__ = ["Exposition", "Families", "Service", "start_health"]
