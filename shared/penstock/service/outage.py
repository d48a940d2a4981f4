"""Which errors mean "Redis is away just now" (wait, try again) and which are bugs (raise)."""

import redis.exceptions as errors

from penstock.coordination.connection import is_away

#: a server that is up but refuses: loading its AOF, out of memory, a replica, unable to persist
_REFUSALS = ("LOADING", "OOM", "READONLY", "MISCONF", "MASTERDOWN", "NOREPLICAS", "TRYAGAIN")


def is_outage(error: BaseException) -> bool:
    """Whether trying again later can help."""
    if is_away(error) or isinstance(error, errors.OutOfMemoryError):
        return True
    return isinstance(error, errors.ResponseError) and str(error).startswith(_REFUSALS)
