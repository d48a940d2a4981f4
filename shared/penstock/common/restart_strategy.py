"""RestartStrategies. Source: `pyflink.common.restart_strategy`.

Descriptions of strategies: since Flink 2.0 no method takes one, a program sets `restart-strategy.type` and what belongs
to it in its Configuration. Times in milliseconds, or a timedelta.
"""

from datetime import timedelta
from typing import Any

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]


class RestartStrategyConfiguration:
    """Base of all; two with the same description are equal."""

    def __init__(self, j_restart_strategy_configuration: Any = None) -> None:
        self._description = "No description"

    def get_description(self) -> str:
        return self._description

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self._description))

    def __repr__(self) -> str:
        return f"<{self._description}>"


def _span(value: int | timedelta | None, what: str) -> timedelta:
    if value is None:
        raise ValueError(f"{what} is needed")
    return value if isinstance(value, timedelta) else timedelta(milliseconds=value)


class RestartStrategies:
    """Makes them."""

    class NoRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(self, j_restart_strategy: Any = None) -> None:
            super().__init__(j_restart_strategy)
            self._description = "Restart deactivated."

    class FixedDelayRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(
            self,
            restart_attempts: int | None = None,
            delay_between_attempts_interval: int | timedelta | None = None,
            j_restart_strategy: Any = None,
        ) -> None:
            super().__init__(j_restart_strategy)
            if restart_attempts is None:
                raise ValueError("restart_attempts is needed")
            self._attempts = restart_attempts
            self._delay = _span(delay_between_attempts_interval, "delay_between_attempts_interval")
            self._description = f"Restart with fixed delay ({self._delay}). #{restart_attempts} restart attempts."

        def get_restart_attempts(self) -> int:
            return self._attempts

        def get_delay_between_attempts_interval(self) -> timedelta:
            return self._delay

    class FailureRateRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(
            self,
            max_failure_rate: int | None = None,
            failure_interval: int | timedelta | None = None,
            delay_between_attempts_interval: int | timedelta | None = None,
            j_restart_strategy: Any = None,
        ) -> None:
            super().__init__(j_restart_strategy)
            if max_failure_rate is None:
                raise ValueError("max_failure_rate is needed")
            self._rate = max_failure_rate
            self._interval = _span(failure_interval, "failure_interval")
            self._delay = _span(delay_between_attempts_interval, "delay_between_attempts_interval")
            self._description = (
                f"Failure rate restart with maximum of {max_failure_rate} failures within interval {self._interval} "
                f"and fixed delay {self._delay}."
            )

        def get_max_failure_rate(self) -> int:
            return self._rate

        def get_failure_interval(self) -> timedelta:
            return self._interval

        def get_delay_between_attempts_interval(self) -> timedelta:
            return self._delay

    class FallbackRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(self, j_restart_strategy: Any = None) -> None:
            super().__init__(j_restart_strategy)
            self._description = "Cluster level default restart strategy"

    @staticmethod
    def no_restart() -> "RestartStrategies.NoRestartStrategyConfiguration":
        return RestartStrategies.NoRestartStrategyConfiguration()

    @staticmethod
    def fall_back_restart() -> "RestartStrategies.FallbackRestartStrategyConfiguration":
        """What the cluster's configuration says."""
        return RestartStrategies.FallbackRestartStrategyConfiguration()

    @staticmethod
    def fixed_delay_restart(
        restart_attempts: int, delay_between_attempts: int
    ) -> "RestartStrategies.FixedDelayRestartStrategyConfiguration":
        return RestartStrategies.FixedDelayRestartStrategyConfiguration(restart_attempts, delay_between_attempts)

    @staticmethod
    def failure_rate_restart(
        failure_rate: int, failure_interval: int, delay_interval: int
    ) -> "RestartStrategies.FailureRateRestartStrategyConfiguration":
        return RestartStrategies.FailureRateRestartStrategyConfiguration(failure_rate, failure_interval, delay_interval)
