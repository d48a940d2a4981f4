"""The restart strategy of a job in words, as Flink's `/jobs/:id/config` has them. Pure."""

from datetime import timedelta

from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing as options
from penstock.client.config.options.checkpointing import RestartStrategy

_DEACTIVATED = "Restart deactivated."


def restart_strategy(configuration: Configuration) -> str:
    """Of the effective strategy: exponential delay where there is checkpointing and none was chosen."""
    get = configuration.get
    match configuration.find(options.RESTART_STRATEGY):
        case RestartStrategy.FIXED_DELAY:
            delay, attempts = _iso(get(options.FIXED_DELAY)), get(options.FIXED_DELAY_ATTEMPTS)
            return f"Restart with fixed delay ({delay}). #{attempts} restart attempts."
        case RestartStrategy.FAILURE_RATE:
            return (
                f"Failure rate restart with maximum of {get(options.FAILURE_RATE_MAX)} failures within interval "
                f"{_iso(get(options.FAILURE_RATE_INTERVAL))} and fixed delay {_iso(get(options.FAILURE_RATE_DELAY))}."
            )
        case RestartStrategy.EXPONENTIAL_DELAY:
            return _exponential(configuration)
        case None if configuration.find(options.INTERVAL):
            return _exponential(configuration)
        case _:
            return _DEACTIVATED


def _exponential(configuration: Configuration) -> str:
    get = configuration.get
    return (
        f"Restart with exponential delay: starting at {_iso(get(options.INITIAL_BACKOFF))}, "
        f"increasing by {get(options.BACKOFF_MULTIPLIER):f}, with maximum {_iso(get(options.MAX_BACKOFF))}. "
        f"Delay resets after {_iso(get(options.RESET_BACKOFF))} with jitter {get(options.JITTER):f}"
    )


def _iso(span: timedelta) -> str:
    """`PT1M30S`, `PT0.1S`, `PT0S`."""
    milliseconds = round(span / timedelta(milliseconds=1))
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds = f"{rest / 1000:g}S" if rest or not milliseconds else ""
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + seconds
