"""Reading a request: ids, query parameters, bounded JSON bodies. Everything that is wrong with one is a Problem."""

import re
from typing import Any

import orjson
from starlette.requests import Request

from penstock_dispatcher.problems import BadRequest

_JOB_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def hex_id(request: Request, name: str) -> str:
    """A path parameter of 32 hex digits: `jobid`, `vertexid`, `triggerid`."""
    return _hex(str(request.path_params[name]), name)


def checked_job_id(text: str) -> str:
    """A job id of a query parameter."""
    return _hex(text, "job id")


def _hex(text: str, name: str) -> str:
    if not _JOB_ID.fullmatch(text.lower()):
        raise BadRequest(f"{name} {text[:80]!r} is not an id of 32 hex digits")
    return text.lower()


def digest(text: object) -> str:
    """A sha256 in lower-case hex."""
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise BadRequest(f"{str(text)[:80]!r} is not a sha256 of 64 lower-case hex digits")
    return text


def path_number(request: Request, name: str) -> int:
    """A path parameter that is a whole number from 0: `subtaskindex`, `attempt`, `checkpointid`."""
    text = str(request.path_params[name])
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadRequest(f"{name} {text[:80]!r} is not a whole number")
    return int(text)


def listed_parameter(request: Request, name: str) -> list[str] | None:
    """A comma-separated query parameter, None where it is not given."""
    text = request.query_params.get(name)
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def log_position(request: Request, name: str, default: str) -> str:
    """A query parameter that is a position in a log, `<ms>-<number>`."""
    text = request.query_params.get(name, default)
    if not re.fullmatch(r"[0-9]{1,18}-[0-9]{1,18}", text):
        raise BadRequest(f"query parameter {name} is {text[:80]!r}; expected a position such as {default}")
    return text


def integer_parameter(request: Request, name: str, default: int, minimum: int = 0) -> int:
    """A query parameter; BadRequest where it is not a whole number of at least `minimum`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < minimum:
        raise BadRequest(f"query parameter {name} is {text[:80]!r}; expected a whole number of at least {minimum}")
    return int(text)


async def json_object(request: Request, *, empty: bool = False) -> dict[str, Any]:
    """The body, which has to be a JSON object; with `empty`, no body is an empty one."""
    body = await request.body()
    if empty and not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the request's body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest(f"the request's body is a JSON {type(value).__name__}; expected an object")
    return value
