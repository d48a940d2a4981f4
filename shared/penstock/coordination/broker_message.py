"""What a message in a TaskManager's queue must look like: just as `send_hint` and the probes make it. Pure.

Celery and kombu take far more, believe what they take, and end with the worker where it is not what they thought.
"""

import base64
import binascii
from collections.abc import Collection
from typing import Any

import orjson

#: what would run later, elsewhere, or something else besides
_UNSET = ("eta", "expires", "group", "group_index", "parent_id", "shadow", "stamped_headers", "chord")
_LARGEST = 64 * 1024  #: bytes of a body


def problem_with(message: Any, tasks: Collection[str]) -> str | None:
    """Why it is no message for one of these tasks, None where it is. It may be anything that JSON can say."""
    match message:
        case {
            "body": str(body),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"task": str(task), "id": str()} as headers,
            "properties": {
                "body_encoding": "base64",
                "delivery_tag": str(),
                "delivery_info": {"exchange": str(), "routing_key": str()},
            },
        }:
            if task not in tasks:
                return f"there is no task {task[:80]!r}"
            return _problem_with_headers(headers) or _problem_with_body(body)
    return "not of the form that ours have"


def _problem_with_headers(headers: dict[str, Any]) -> str | None:
    wrong = [name for name in _UNSET if headers.get(name) is not None]
    if headers.get("timelimit") not in (None, [None, None]):
        wrong.append("timelimit")
    if headers.get("retries") not in (None, 0) or headers.get("stamps"):
        wrong.append("retries or stamps")
    texts = ("lang", "root_id", "argsrepr", "kwargsrepr", "origin")
    wrong += [name for name in texts if not isinstance(headers.get(name, ""), str)]
    return f"with {', '.join(wrong)}, which ours do not have so" if wrong else None


def _problem_with_body(body: str) -> str | None:
    if len(body) > _LARGEST:
        return f"a body of {len(body)} characters"
    try:
        content = orjson.loads(base64.b64decode(body, validate=True))
    except (binascii.Error, ValueError) as error:
        return f"a body that cannot be read: {error}"
    match content:
        case [[*_], {**options}, {**further}] if not options and not any(further.values()):
            return None
    return "a body with more than arguments"
