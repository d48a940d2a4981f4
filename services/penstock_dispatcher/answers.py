"""Responses: JSON by orjson, errors in Flink's form."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


class Json(Response):
    """A JSON response. Keys that are enums become their names."""

    media_type = "application/json; charset=UTF-8"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)


def errors(status: int, *messages: str, headers: Mapping[str, str] | None = None) -> Json:
    """`{"errors": [...]}`, which Flink's client tells from a result by its single key."""
    return Json({"errors": list(messages)}, status, dict(headers or {}))
