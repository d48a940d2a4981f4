"""Whether and when a job that has failed is started again. Pure: times are told, the jitter follows from a seed.

Source: Flink docs, "Task Failure Recovery", and `RestartStrategyOptions`. Two differences: the exponential delay begins
at 100 ms, and where the first failure since things were stable is a lost process there is no delay at all.
"""

from dataclasses import dataclass
from datetime import timedelta

import xxhash
from msgspec.structs import replace

from penstock.client.config import Configuration
from penstock.client.config.option import ConfigOption
from penstock.client.config.options import checkpointing
from penstock.client.config.options.checkpointing import RestartStrategy
from penstock.coordination.rows import RestartRow

Kind = RestartStrategy
_NEVER = (Kind.NONE, Kind.OFF, Kind.DISABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartConfig:
    """Times in ms. `attempts`: restarts before the job fails; of the exponential delay -1: any number."""

    kind: RestartStrategy = Kind.NONE
    attempts: int = 1
    delay: int = 1000  #: of the exponential delay, the first one
    interval: int = 60_000  #: of the failure rate
    max_delay: int = 60_000
    multiplier: float = 1.5
    reset_after: int = 3_600_000
    jitter: float = 0.1

    @classmethod
    def of(cls, configuration: Configuration, *, checkpointing_enabled: bool) -> "RestartConfig":
        """ValueError names an ill-typed key, or bounds that cross."""
        default = Kind.EXPONENTIAL_DELAY if checkpointing_enabled else Kind.NONE
        kind = configuration.find(checkpointing.RESTART_STRATEGY) or default

        def ms(option: ConfigOption[timedelta]) -> int:
            return int(configuration.get(option).total_seconds() * 1000)

        match kind:
            case Kind.FIXED_DELAY:
                attempts = configuration.get(checkpointing.FIXED_DELAY_ATTEMPTS)
                return cls(kind=kind, attempts=attempts, delay=ms(checkpointing.FIXED_DELAY))
            case Kind.FAILURE_RATE:
                return cls(
                    kind=kind,
                    attempts=configuration.get(checkpointing.FAILURE_RATE_MAX),
                    interval=ms(checkpointing.FAILURE_RATE_INTERVAL),
                    delay=ms(checkpointing.FAILURE_RATE_DELAY),
                )
            case Kind.EXPONENTIAL_DELAY:
                first, longest = ms(checkpointing.INITIAL_BACKOFF), ms(checkpointing.MAX_BACKOFF)
                if first > longest:
                    raise ValueError(
                        f"{checkpointing.INITIAL_BACKOFF.key}: {first} ms is above {checkpointing.MAX_BACKOFF.key}: "
                        f"{longest} ms"
                    )
                return cls(
                    kind=kind,
                    attempts=configuration.get(checkpointing.ATTEMPTS_BEFORE_RESET),
                    delay=first,
                    max_delay=longest,
                    multiplier=configuration.get(checkpointing.BACKOFF_MULTIPLIER),
                    reset_after=ms(checkpointing.RESET_BACKOFF),
                    jitter=configuration.get(checkpointing.JITTER),
                )
            case _:
                return cls(kind=kind)


def after_failure(
    config: RestartConfig, row: RestartRow, now: int, *, lost_process: bool, seed: str
) -> tuple[RestartRow, int | None]:
    """What is remembered from now on, and the pause before the restart in ms; None: the job fails.

    `seed`: the job's id; together with the number of the restart it decides the jitter.
    """
    match config.kind:
        case Kind.FIXED_DELAY:
            if row.restarts >= config.attempts:
                return row, None
            return replace(row, restarts=row.restarts + 1), config.delay
        case Kind.FAILURE_RATE:
            recent = tuple(time for time in row.failures if now - time < config.interval)
            if len(recent) >= config.attempts:
                return row, None
            return replace(row, restarts=row.restarts + 1, failures=(*recent, now)), config.delay
        case Kind.EXPONENTIAL_DELAY:
            return _exponential(config, row, now, lost_process, seed)
        case _:
            assert config.kind in _NEVER
            return row, None


def _exponential(
    config: RestartConfig, row: RestartRow, now: int, lost_process: bool, seed: str
) -> tuple[RestartRow, int | None]:
    # as in Flink, the pause itself does not count as time without a failure
    stable = not row.failures or now - row.failures[-1] >= config.reset_after + row.backoff
    restarts = 1 if stable else row.restarts + 1
    if 0 <= config.attempts < restarts:
        return row, None
    backoff = config.delay if stable else min(int(row.backoff * config.multiplier), config.max_delay)
    remembered = replace(row, restarts=restarts, failures=(now,), backoff=backoff)
    if stable and lost_process:
        return remembered, 0
    return remembered, _jittered(config, backoff, f"{seed}:{now}:{restarts}")


def _jittered(config: RestartConfig, backoff: int, seed: str) -> int:
    """Up to `jitter` of the pause more or less, so that jobs that fail together do not come back together."""
    part = xxhash.xxh3_64_intdigest(seed.encode()) / (1 << 63) - 1.0
    return max(0, min(round(backoff * (1.0 + config.jitter * part)), config.max_delay))
