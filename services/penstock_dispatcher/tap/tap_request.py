"""TapRequest: which edge of which job somebody wants to look at, and how."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from penstock_dispatcher.problems import BadRequest
from penstock_dispatcher.request_reading import hex_id, integer_parameter

#: records that one answer has at most, and has where nothing is said
MOST, _DEFAULT = 1000, 100
_LONGEST = 200
_CURSOR = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class TapRequest:
    """`edge`: None: the vertex's last. `cursor`: behind it alone, "" for none."""

    job: str
    vertex: str
    edge: str | None
    subtask: int | None
    text: str | None
    limit: int
    cursor: str

    @staticmethod
    def of(request: Request) -> "TapRequest":
        """BadRequest: what is wrong with it."""
        query = request.query_params
        limit = integer_parameter(request, "limit", _DEFAULT, 1)
        if limit > MOST:
            raise BadRequest(f"query parameter limit is {limit}; expected at most {MOST}")
        cursor = query.get("cursor", "")
        if cursor and not _CURSOR.fullmatch(cursor):
            raise BadRequest(f"query parameter cursor is {cursor[:80]!r}; expected the `cursor` of an answer")
        return TapRequest(
            hex_id(request, "jobid"),
            hex_id(request, "vertexid"),
            _text(request, "edge"),
            integer_parameter(request, "subtask", 0) if "subtask" in query else None,
            _text(request, "filter"),
            limit,
            cursor,
        )


def _text(request: Request, name: str) -> str | None:
    text = request.query_params.get(name)
    if text is not None and len(text) > _LONGEST:
        raise BadRequest(f"query parameter {name} has {len(text)} characters; expected at most {_LONGEST}")
    return text or None
