"""Which errors mean "Redis is away just now" (wait, try again) and which are bugs (raise)."""

from penstock.coordination.connection import is_away


def is_outage(error: BaseException) -> bool:
    """Whether trying again later can help."""
    return is_away(error)
