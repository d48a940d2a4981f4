"""A job's checkpoint storage as it is configured."""

from dataclasses import replace

from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing, cluster
from penstock_jobmanager.checkpoint_config import CheckpointConfig


def located(config: CheckpointConfig, configuration: Configuration, job: str) -> CheckpointConfig:
    """With the folders of the job. ValueError where checkpoints are to be taken and there is no folder for them."""
    base = configuration.find(checkpointing.DIR)
    if not base:
        storage = configuration.find(cluster.STORAGE_DIR)
        base = f"{storage}/checkpoints" if storage else None
    if base is None:
        if config.enabled:
            raise ValueError(
                f"{checkpointing.INTERVAL.key} is set, but there is no folder for checkpoints: {config.no_storage}"
            )
        return config
    return replace(config, directory=lambda checkpoint: f"{base}/{job}/chk-{checkpoint}")
