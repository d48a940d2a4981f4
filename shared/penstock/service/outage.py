"""Which errors mean "Redis is away just now" (wait, try again) and which are bugs (raise)."""

from penstock.coordination.connection import absence, is_away


def is_outage(error: BaseException) -> bool:
    """Whether trying again later can help."""
    return is_away(error)


def what_is_wrong(error: BaseException) -> str:
    """With Redis, in a few words, where it is an outage."""
    return absence(error)
