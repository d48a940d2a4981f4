"""What a `WatermarkStrategy` means to the runtime."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StrategyParts:
    """Times in ms. `disorder` 0: monotonous timestamps, None: no watermarks. `idle_timeout` None: never idle."""

    disorder: int | None = None
    assigner: Any = None
    idle_timeout: int | None = None


def read_strategy(strategy: Any) -> StrategyParts:
    """The parts of a `WatermarkStrategy` of the API; None is `no_watermarks`."""
    if strategy is None:
        return StrategyParts()
    return StrategyParts(strategy.max_out_of_orderness_ms, strategy.timestamp_assigner, strategy.idle_timeout_ms)
