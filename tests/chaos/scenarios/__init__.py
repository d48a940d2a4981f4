"""All scenarios, by name."""

from tests.chaos.scenario import Scenario
from tests.chaos.scenarios import (
    celery,
    clocks,
    dispatcher,
    everything,
    jobmanager,
    jobmanager_checkpoints,
    network,
    redis,
    resourcemanager,
    slots,
    storage,
    task_local,
    taskmanager,
    user_code,
)

_MODULES = (
    jobmanager,
    jobmanager_checkpoints,
    dispatcher,
    resourcemanager,
    slots,
    taskmanager,
    celery,
    network,
    redis,
    clocks,
    storage,
    user_code,
    everything,
    task_local,
)
ALL: dict[str, Scenario] = {scenario.name: scenario for module in _MODULES for scenario in module.SCENARIOS}
assert len(ALL) == sum(len(module.SCENARIOS) for module in _MODULES), "two scenarios have one name"
