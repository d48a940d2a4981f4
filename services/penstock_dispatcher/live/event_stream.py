"""Server-sent events: a document once a second, where it has changed.

`event: document` carries it, `event: tick` its time alone where all else is as it was, `event: problem` the status and
errors that a GET would have been answered with. A stream ends with a problem that waiting does not cure.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import structlog
from starlette.concurrency import run_in_threadpool

from penstock.service.outage import is_outage
from penstock_dispatcher.problems import Problem, Unavailable

_log = structlog.get_logger()


async def event_stream(
    load: Callable[[], dict[str, Any]], period: float, ends: Callable[[], bool] = lambda: False
) -> AsyncIterator[bytes]:
    """Events until the reader leaves, or `ends` says that the dispatcher does. `load` blocks and runs in a thread."""
    sent: dict[str, Any] | None = None
    yield b"retry: 2000\n\n"
    while not ends():
        try:
            document = await run_in_threadpool(load)
        except Exception as error:
            problem = _problem(error)
            sent = None
            yield _event("problem", {"status": problem.status, "errors": list(problem.messages)})
            if not isinstance(problem, Unavailable):
                return
        else:
            body = {key: value for key, value in document.items() if key != "now"}
            if sent == body:
                yield _event("tick", document["now"])
            else:
                sent = body
                yield _event("document", document)
        await asyncio.sleep(period)


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if is_outage(error):
        return Unavailable.during(error)
    _log.error("a page's document cannot be made", exc_info=error)
    return Problem(f"Internal server error: {type(error).__name__}: {error}")


def _event(name: str, data: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS))
