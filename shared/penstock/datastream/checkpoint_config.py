"""CheckpointConfig. Source: `pyflink.datastream.checkpoint_config`."""

from enum import Enum
from typing import TypeVar

from penstock.common.configuration import Configuration
from penstock.common.time import Duration
from penstock.datastream.checkpointing_mode import CheckpointingMode
from penstock.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

__all__ = ["CheckpointConfig"]

E = TypeVar("E", bound=Enum)

_PREFIX = "execution.checkpointing"
INTERVAL_KEY = f"{_PREFIX}.interval"
_MODE = f"{_PREFIX}.mode"
_TIMEOUT = f"{_PREFIX}.timeout"
_MIN_PAUSE = f"{_PREFIX}.min-pause"
_MAX_CONCURRENT = f"{_PREFIX}.max-concurrent-checkpoints"
_TOLERABLE = f"{_PREFIX}.tolerable-failed-checkpoints"
_RETENTION = f"{_PREFIX}.externalized-checkpoint-retention"
_UNALIGNED = f"{_PREFIX}.unaligned.enabled"
_FORCED = f"{_PREFIX}.unaligned.forced"
_ALIGNED_TIMEOUT = f"{_PREFIX}.aligned-checkpoint-timeout"
_LEAST_MS = 10


class CheckpointConfig:
    """A view of the environment's configuration under Flink's keys; times in ms. ValueError as Flink gives it."""

    def __init__(self, j_checkpoint_config: Configuration) -> None:
        self._configuration = j_checkpoint_config

    def is_checkpointing_enabled(self) -> bool:
        return self.get_checkpoint_interval() > 0

    def get_checkpointing_mode(self) -> CheckpointingMode:
        """AT_LEAST_ONCE while checkpointing is off, as in Flink."""
        if not self.is_checkpointing_enabled():
            return CheckpointingMode.AT_LEAST_ONCE
        return self._enum(_MODE, CheckpointingMode.EXACTLY_ONCE)

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> "CheckpointConfig":
        self._configuration.set_string(_MODE, checkpointing_mode.name)
        return self

    def get_checkpoint_interval(self) -> int:
        """-1 where checkpointing is off."""
        return self._millis(INTERVAL_KEY, -1)

    def set_checkpoint_interval(self, checkpoint_interval: int) -> "CheckpointConfig":
        return self._set_millis(INTERVAL_KEY, checkpoint_interval, "Checkpoint interval", _LEAST_MS)

    def get_checkpoint_timeout(self) -> int:
        return self._millis(_TIMEOUT, 600_000)

    def set_checkpoint_timeout(self, checkpoint_timeout: int) -> "CheckpointConfig":
        return self._set_millis(_TIMEOUT, checkpoint_timeout, "Checkpoint timeout", _LEAST_MS)

    def get_min_pause_between_checkpoints(self) -> int:
        return self._millis(_MIN_PAUSE, 0)

    def set_min_pause_between_checkpoints(self, min_pause_between_checkpoints: int) -> "CheckpointConfig":
        return self._set_millis(_MIN_PAUSE, min_pause_between_checkpoints, "Pause between checkpoints", 0)

    def get_max_concurrent_checkpoints(self) -> int:
        return self._configuration.get_integer(_MAX_CONCURRENT, 1)

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> "CheckpointConfig":
        if max_concurrent_checkpoints < 1:
            raise ValueError(
                f"The maximum number of concurrent attempts must be at least one: {max_concurrent_checkpoints}"
            )
        self._configuration.set_integer(_MAX_CONCURRENT, max_concurrent_checkpoints)
        return self

    def get_tolerable_checkpoint_failure_number(self) -> int:
        return self._configuration.get_integer(_TOLERABLE, 0)

    def set_tolerable_checkpoint_failure_number(self, tolerable_checkpoint_failure_number: int) -> "CheckpointConfig":
        if tolerable_checkpoint_failure_number < 0:
            raise ValueError(
                f"The tolerable failure checkpoint number must be non-negative: {tolerable_checkpoint_failure_number}"
            )
        self._configuration.set_integer(_TOLERABLE, tolerable_checkpoint_failure_number)
        return self

    def is_fail_on_checkpointing_errors(self) -> bool:
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(self, fail_on_checkpointing_errors: bool) -> "CheckpointConfig":
        """False: any number of failures is tolerated."""
        return self.set_tolerable_checkpoint_failure_number(0 if fail_on_checkpointing_errors else 2**31 - 1)

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention | None:
        return self._enum(_RETENTION, ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS)

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> "CheckpointConfig":
        self._configuration.set_string(_RETENTION, retention_mode.name)
        return self

    def is_externalized_checkpoints_enabled(self) -> bool:
        none = ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS
        return self.get_externalized_checkpoint_retention() is not none

    def is_unaligned_checkpoints_enabled(self) -> bool:
        """Only with exactly-once, as in Flink."""
        exactly_once = self.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
        return exactly_once and self._configuration.get_boolean(_UNALIGNED, False)

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> "CheckpointConfig":
        self._configuration.set_boolean(_UNALIGNED, enabled)
        return self

    def disable_unaligned_checkpoints(self) -> "CheckpointConfig":
        return self.enable_unaligned_checkpoints(False)

    def is_force_unaligned_checkpoints(self) -> bool:
        return self._configuration.get_boolean(_FORCED, False)

    def set_force_unaligned_checkpoints(self, force_unaligned_checkpoints: bool = True) -> "CheckpointConfig":
        self._configuration.set_boolean(_FORCED, force_unaligned_checkpoints)
        return self

    def get_aligned_checkpoint_timeout(self) -> Duration:
        return Duration.of_millis(self._millis(_ALIGNED_TIMEOUT, 0))

    def set_aligned_checkpoint_timeout(self, alignment_timeout: Duration) -> "CheckpointConfig":
        return self._set_millis(_ALIGNED_TIMEOUT, alignment_timeout.to_millis(), "Alignment timeout", 0)

    def get_alignment_timeout(self) -> Duration:
        """The old name of `get_aligned_checkpoint_timeout`."""
        return self.get_aligned_checkpoint_timeout()

    def set_alignment_timeout(self, alignment_timeout: Duration) -> "CheckpointConfig":
        """The old name of `set_aligned_checkpoint_timeout`."""
        return self.set_aligned_checkpoint_timeout(alignment_timeout)

    def _millis(self, key: str, default: int) -> int:
        return self._configuration._millis(key, default)

    def _set_millis(self, key: str, value: int, what: str, least: int) -> "CheckpointConfig":
        if value < least:
            raise ValueError(f"{what} must be larger than or equal to {least} ms: {value}")
        self._configuration.set_string(key, f"{value} ms")
        return self

    def _enum(self, key: str, default: E) -> E:
        text = self._configuration.get_string(key, default.name).strip().upper().replace("-", "_")
        try:
            return type(default)[text]
        except KeyError:
            names = ", ".join(m.name for m in type(default))
            raise ValueError(f"Could not parse value {text!r} for key {key!r}: one of {names} is expected") from None
