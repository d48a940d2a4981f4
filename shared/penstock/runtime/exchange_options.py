"""The exchange's sizes, from the job's configuration over the cluster's."""

from collections.abc import Mapping
from dataclasses import replace

from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing, execution
from penstock.exchange.options import ExchangeOptions

UNBOUNDED = 1 << 62


def exchange_options(cluster: Configuration, job: Mapping[str, str]) -> ExchangeOptions:
    """ValueError names an option whose value cannot be used."""
    configuration = cluster.with_overrides(job)
    options = ExchangeOptions()
    if configuration.get(checkpointing.UNALIGNED):
        # a barrier is acted on when it is read: only credit may bound what is read ahead of the task
        options = replace(options, read_ahead=UNBOUNDED)
    return replace(
        options,
        in_memory_channels=configuration.get(execution.IN_MEMORY_CHANNELS),
        credit=configuration.get(execution.CREDIT),
        entry_size=configuration.get(execution.BATCH_SIZE),
        entry_records=configuration.get(execution.BATCH_RECORDS),
        reconnect_timeout=configuration.get(execution.RECONNECT_TIMEOUT).total_seconds(),
    )
