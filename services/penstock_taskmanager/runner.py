"""What a claimed slot runs: the runtime's slot loop."""

from penstock.client.config import Configuration
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.slot_process import ClaimedSlot, SlotRunner


def slot_runner(configuration: Configuration, settings: Settings) -> SlotRunner:
    """Imports the runtime now, in the parent: forked slots share it and start at once."""
    import penstock.datastream.connectors  # noqa: F401
    from penstock.runtime.slot import run_slot

    def run(claimed: ClaimedSlot) -> None:
        run_slot(
            configuration,
            settings.redis_url,
            settings.prefix,
            claimed.job,
            claimed.allocation,
            taskmanager=settings.taskmanager,
        )

    return run
