"""RollingPolicy: when a part file is closed and the next one begun."""

from dataclasses import dataclass
from typing import NoReturn

from penstock.common.jvm import no_jvm


class RollingPolicy:
    """The end of the input closes a part file under every policy."""

    @staticmethod
    def default_rolling_policy(
        part_size: int = 1024 * 1024 * 128, rollover_interval: int = 60 * 1000, inactivity_interval: int = 60 * 1000
    ) -> "DefaultRollingPolicy":
        """`part_size` in bytes; the age of a file, and the time since its last record, in ms. ValueError below 1."""
        return DefaultRollingPolicy(part_size, rollover_interval, inactivity_interval)

    @staticmethod
    def on_checkpoint_rolling_policy() -> "OnCheckpointRollingPolicy":
        return OnCheckpointRollingPolicy()

    def rolls_by_size(self, size: int) -> bool:
        """Before a record is written to a file of that many bytes."""
        return False

    def rolls_by_time(self, age_ms: float, idle_ms: float) -> bool:
        """At each bucket check."""
        return False

    def rolls_on_checkpoint(self, size: int) -> bool:
        """At a checkpoint, with a file of that many bytes: else it goes on behind the checkpoint."""
        return False

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")


@dataclass(frozen=True, slots=True)
class DefaultRollingPolicy(RollingPolicy):
    part_size: int
    rollover_interval: int
    inactivity_interval: int

    def __post_init__(self) -> None:
        if min(self.part_size, self.rollover_interval, self.inactivity_interval) < 1:
            raise ValueError(f"sizes and intervals of a rolling policy must be positive: {self}")

    def rolls_by_size(self, size: int) -> bool:
        return size > self.part_size

    def rolls_by_time(self, age_ms: float, idle_ms: float) -> bool:
        return age_ms >= self.rollover_interval or idle_ms >= self.inactivity_interval

    def rolls_on_checkpoint(self, size: int) -> bool:
        return size > self.part_size


@dataclass(frozen=True, slots=True)
class OnCheckpointRollingPolicy(RollingPolicy):
    """A checkpoint closes every part file."""

    def rolls_on_checkpoint(self, size: int) -> bool:
        return True
