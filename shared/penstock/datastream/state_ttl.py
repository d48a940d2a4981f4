"""StateTtlConfig: when state expires and how it is cleaned up. Source: `pyflink.datastream.state.StateTtlConfig`."""

from enum import Enum
from typing import Any

from penstock.common.time import Duration, Time

__all__ = ["StateTtlConfig"]


class UpdateType(Enum):
    """What prolongs the life of a value."""

    Disabled = 0  #: nothing expires
    OnCreateAndWrite = 1
    OnReadAndWrite = 2


class StateVisibility(Enum):
    """Whether a value may be seen once more between its expiry and its cleanup."""

    ReturnExpiredIfNotCleanedUp = 0
    NeverReturnExpired = 1


class TtlTimeCharacteristic(Enum):
    """The clock that counts."""

    ProcessingTime = 0


class Strategies(Enum):
    """The kinds of cleanup that can be asked for."""

    FULL_STATE_SCAN_SNAPSHOT = 0
    INCREMENTAL_CLEANUP = 1
    ROCKSDB_COMPACTION_FILTER = 2


class CleanupStrategy:
    """Base of all."""


class EmptyCleanupStrategy(CleanupStrategy):
    """One without settings."""


class IncrementalCleanupStrategy(CleanupStrategy):
    """`cleanup_size` entries are looked at with every access to the state, with the flag for every record too."""

    def __init__(self, cleanup_size: int, run_cleanup_for_every_record: bool) -> None:
        if cleanup_size <= 0:
            raise ValueError(f"Number of incrementally cleaned up state entries should be positive: {cleanup_size}")
        self._cleanup_size = cleanup_size
        self._run_cleanup_for_every_record = run_cleanup_for_every_record

    def get_cleanup_size(self) -> int:
        return self._cleanup_size

    def run_cleanup_for_every_record(self) -> bool:
        return self._run_cleanup_for_every_record


class RocksdbCompactFilterCleanupStrategy(CleanupStrategy):
    """The clock is asked once in so many entries; what was not looked at for the period is looked at anyway."""

    def __init__(self, query_time_after_num_entries: int, periodic_compaction_time: Duration | None = None) -> None:
        self._query_time_after_num_entries = query_time_after_num_entries
        self._periodic_compaction_time = periodic_compaction_time or Duration.of_days(30)

    def get_query_time_after_num_entries(self) -> int:
        return self._query_time_after_num_entries

    def get_periodic_compaction_time(self) -> Duration:
        return self._periodic_compaction_time


# inside the class its attributes hide these names
_Strategies = Strategies
_CleanupStrategy = CleanupStrategy
_IncrementalCleanupStrategy = IncrementalCleanupStrategy
_RocksdbCompactFilterCleanupStrategy = RocksdbCompactFilterCleanupStrategy


class CleanupStrategies:
    """What was asked for, with the defaults of the cleanup in the background."""

    Strategies = Strategies
    CleanupStrategy = CleanupStrategy
    EmptyCleanupStrategy = EmptyCleanupStrategy
    IncrementalCleanupStrategy = IncrementalCleanupStrategy
    RocksdbCompactFilterCleanupStrategy = RocksdbCompactFilterCleanupStrategy
    EMPTY_STRATEGY = EmptyCleanupStrategy()

    def __init__(self, strategies: dict[_Strategies, _CleanupStrategy], is_cleanup_in_background: bool) -> None:
        self._strategies = strategies
        self._is_cleanup_in_background = is_cleanup_in_background

    def is_cleanup_in_background(self) -> bool:
        return self._is_cleanup_in_background

    def in_full_snapshot(self) -> bool:
        return Strategies.FULL_STATE_SCAN_SNAPSHOT in self._strategies

    def get_incremental_cleanup_strategy(self) -> _IncrementalCleanupStrategy | None:
        """None where there is no incremental cleanup."""
        default = IncrementalCleanupStrategy(5, False) if self._is_cleanup_in_background else None
        found: _IncrementalCleanupStrategy | None = self._find(Strategies.INCREMENTAL_CLEANUP, default)
        return found

    def get_rocksdb_compact_filter_cleanup_strategy(self) -> _RocksdbCompactFilterCleanupStrategy | None:
        """None where RocksDB cleans nothing up."""
        default = RocksdbCompactFilterCleanupStrategy(1000) if self._is_cleanup_in_background else None
        found: _RocksdbCompactFilterCleanupStrategy | None = self._find(Strategies.ROCKSDB_COMPACTION_FILTER, default)
        return found

    def _find(self, strategy: _Strategies, default: _CleanupStrategy | None) -> Any:
        return self._strategies.get(strategy, default)


class Builder:
    """Flink's defaults: OnCreateAndWrite, NeverReturnExpired, processing time, cleanup in the background."""

    def __init__(self, ttl: Time) -> None:
        self._ttl = ttl
        self._update_type = UpdateType.OnCreateAndWrite
        self._state_visibility = StateVisibility.NeverReturnExpired
        self._ttl_time_characteristic = TtlTimeCharacteristic.ProcessingTime
        self._is_cleanup_in_background = True
        self._strategies: dict[Strategies, CleanupStrategy] = {}

    def set_update_type(self, update_type: UpdateType) -> "Builder":
        self._update_type = update_type
        return self

    def update_ttl_on_create_and_write(self) -> "Builder":
        return self.set_update_type(UpdateType.OnCreateAndWrite)

    def update_ttl_on_read_and_write(self) -> "Builder":
        return self.set_update_type(UpdateType.OnReadAndWrite)

    def set_state_visibility(self, state_visibility: StateVisibility) -> "Builder":
        self._state_visibility = state_visibility
        return self

    def return_expired_if_not_cleaned_up(self) -> "Builder":
        return self.set_state_visibility(StateVisibility.ReturnExpiredIfNotCleanedUp)

    def never_return_expired(self) -> "Builder":
        return self.set_state_visibility(StateVisibility.NeverReturnExpired)

    def set_ttl_time_characteristic(self, ttl_time_characteristic: TtlTimeCharacteristic) -> "Builder":
        self._ttl_time_characteristic = ttl_time_characteristic
        return self

    def use_processing_time(self) -> "Builder":
        return self.set_ttl_time_characteristic(TtlTimeCharacteristic.ProcessingTime)

    def cleanup_full_snapshot(self) -> "Builder":
        """Leave expired state out of snapshots."""
        self._strategies[Strategies.FULL_STATE_SCAN_SNAPSHOT] = CleanupStrategies.EMPTY_STRATEGY
        return self

    def cleanup_incrementally(self, cleanup_size: int, run_cleanup_for_every_record: bool) -> "Builder":
        """On the hash map backend: look at so many entries with every access. ValueError unless it is positive."""
        strategy = IncrementalCleanupStrategy(cleanup_size, run_cleanup_for_every_record)
        self._strategies[Strategies.INCREMENTAL_CLEANUP] = strategy
        return self

    def cleanup_in_rocksdb_compact_filter(
        self, query_time_after_num_entries: int, periodic_compaction_time: Duration | None = None
    ) -> "Builder":
        """On the RocksDB backend: how expired entries are looked for."""
        strategy = RocksdbCompactFilterCleanupStrategy(query_time_after_num_entries, periodic_compaction_time)
        self._strategies[Strategies.ROCKSDB_COMPACTION_FILTER] = strategy
        return self

    def disable_cleanup_in_background(self) -> "Builder":
        """Only what is asked for explicitly; and expired state that is read goes anyway."""
        self._is_cleanup_in_background = False
        return self

    def set_ttl(self, ttl: Time) -> "Builder":
        self._ttl = ttl
        return self

    def build(self) -> "StateTtlConfig":
        """ValueError for a time to live that is not positive."""
        return StateTtlConfig(
            self._update_type,
            self._state_visibility,
            self._ttl_time_characteristic,
            self._ttl,
            CleanupStrategies(self._strategies, self._is_cleanup_in_background),
        )


# inside the class its attributes hide these names
_UpdateType = UpdateType
_StateVisibility = StateVisibility
_TtlTimeCharacteristic = TtlTimeCharacteristic
_CleanupStrategies = CleanupStrategies
_Builder = Builder


class StateTtlConfig:
    """How long values of a state live, by processing time. For `StateDescriptor.enable_time_to_live`."""

    UpdateType = UpdateType
    StateVisibility = StateVisibility
    TtlTimeCharacteristic = TtlTimeCharacteristic
    CleanupStrategies = CleanupStrategies
    Builder = Builder

    def __init__(
        self,
        update_type: _UpdateType,
        state_visibility: _StateVisibility,
        ttl_time_characteristic: _TtlTimeCharacteristic,
        ttl: Time,
        cleanup_strategies: _CleanupStrategies,
    ) -> None:
        if ttl.to_milliseconds() <= 0:
            raise ValueError(f"TTL is expected to be positive: {ttl}")
        self._update_type = update_type
        self._state_visibility = state_visibility
        self._ttl_time_characteristic = ttl_time_characteristic
        self._ttl = ttl
        self._cleanup_strategies = cleanup_strategies

    @staticmethod
    def new_builder(ttl: Time) -> _Builder:
        return Builder(ttl)

    def get_update_type(self) -> _UpdateType:
        return self._update_type

    def get_state_visibility(self) -> _StateVisibility:
        return self._state_visibility

    def get_ttl(self) -> Time:
        return self._ttl

    def get_ttl_time_characteristic(self) -> _TtlTimeCharacteristic:
        return self._ttl_time_characteristic

    def is_enabled(self) -> bool:
        return self._update_type is not UpdateType.Disabled

    def get_cleanup_strategies(self) -> _CleanupStrategies:
        return self._cleanup_strategies

    def __repr__(self) -> str:
        return (
            f"StateTtlConfig<update_type={self._update_type}, state_visibility={self._state_visibility},"
            f"ttl_time_characteristic ={self._ttl_time_characteristic},ttl={self._ttl}>"
        )
