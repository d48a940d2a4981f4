"""An operator's event time as state: a union list, the least of which counts after a restore."""

from collections.abc import Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.state.snapshot import ListSnapshot, RestoredOperator

NAME = "_watermark"
#: state of this kind alone does not need its operator to be there at a restore
KIND = "watermark"
META = StateMeta(kind=KIND)


def watermark_list(watermark: int) -> Mapping[str, ListSnapshot]:
    """Nothing where there is no event time."""
    if watermark == MIN_TIMESTAMP:
        return {}
    return {NAME: ListSnapshot("union", (watermark,), META)}


def restored_watermark(restored: RestoredOperator) -> int:
    """The least of all former subtasks'; MIN_TIMESTAMP where there is none."""
    return min(restored.lists.get(NAME, ()), default=MIN_TIMESTAMP)
