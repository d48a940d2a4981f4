"""What a `WatermarkStrategy` means to the runtime."""

from dataclasses import dataclass
from typing import Any

from penstock.common.watermark_strategy import WatermarkAlignment, WatermarkStrategy


@dataclass(frozen=True, slots=True)
class StrategyParts:
    """Times in ms. `disorder` 0: monotonous timestamps, None: no watermarks. `idle_timeout` None: never idle."""

    disorder: int | None = None
    assigner: Any = None
    idle_timeout: int | None = None
    alignment: WatermarkAlignment | None = None


def read_strategy(strategy: WatermarkStrategy | None) -> StrategyParts:
    """The parts of a `WatermarkStrategy` of the API; None is `no_watermarks`."""
    if strategy is None:
        return StrategyParts()
    disorder = None if strategy.kind == "none" else strategy.max_out_of_orderness_ms
    return StrategyParts(disorder, strategy.timestamp_assigner, strategy.idle_timeout_ms, strategy.alignment)
