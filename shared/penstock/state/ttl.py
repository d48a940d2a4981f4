"""What a StateTtlConfig means to stored values, which are `(value, last access)` where a state has a time to live."""

from collections.abc import Callable
from typing import Any

from penstock.datastream.state_ttl import CleanupStrategies, StateTtlConfig

#: a value and the time of its last access, epoch ms
Stamped = tuple[Any, int]


class Ttl:
    """Times in ms. `on_access` is called with every access to the state."""

    __slots__ = ("_clock", "_lifetime", "on_access", "returns_expired", "strategies", "updates_on_read")

    def __init__(self, config: StateTtlConfig, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lifetime = config.get_ttl().to_milliseconds()
        visibility = config.get_state_visibility()
        self.updates_on_read = config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
        self.returns_expired = visibility is StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
        self.strategies: CleanupStrategies = config.get_cleanup_strategies()
        self.on_access: Callable[[], None] = _nothing

    def stamp(self, value: Any) -> Stamped:
        return value, self._clock()

    def is_expired(self, stamped: Stamped) -> bool:
        return stamped[1] + self._lifetime <= self._clock()

    def filter_of(self, kind: str) -> Callable[[Any], Any]:
        """What is left of a stored value of a kind of state; None for nothing."""
        match kind:
            case "list":
                return lambda stored: [e for e in stored if not self.is_expired(e)] or None
            case "map":
                return lambda stored: {k: e for k, e in stored.items() if not self.is_expired(e)} or None
        return lambda stored: None if self.is_expired(stored) else stored


def _nothing() -> None:
    pass
