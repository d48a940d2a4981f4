"""The folder that all jobs' checkpoints, and what else outlives a Redis, are in."""

from penstock.checkpoint import locations
from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing, cluster


def base_directory(configuration: Configuration) -> str | None:
    """Normalized; None where none is configured."""
    base = configuration.find(checkpointing.DIR)
    if not base:
        storage = configuration.find(cluster.STORAGE_DIR)
        if not storage:
            return None
        base = locations.join(locations.normalized(storage), "checkpoints")
    return locations.normalized(base)
