"""The OpenAPI document of the operations that an application routes. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from penstock import __version__
from penstock_dispatcher.openapi.flink_operations import FLINK
from penstock_dispatcher.openapi.operation import PATH_PARAMETERS, QUERY_PARAMETERS, Operation
from penstock_dispatcher.openapi.penstock_operations import PENSTOCK
from penstock_dispatcher.openapi.shapes import SHAPES, schema_of

OPERATIONS: Mapping[str, Operation] = {**FLINK, **PENSTOCK}

_REFERENCE = "#/components/schemas/{name}"
_ERRORS = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": {"type": "array", "items": {"type": "string"}}},
}


def document(routed: Collection[str]) -> dict[str, Any]:
    """Of the operations that are routed ("METHOD /path"); one that the table does not have is left out."""
    bodies = [
        operation.body
        for operation in OPERATIONS.values()
        if operation.body is not None and not _is_schema(operation.body)
    ]
    references, components = msgspec.json.schema_components(bodies, ref_template=_REFERENCE)
    body_schemas = dict(zip(map(str, bodies), references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for name in sorted(OPERATIONS.keys() & set(routed)):
        method, _, path = name.partition(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(name, OPERATIONS[name], body_schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Penstock",
            "version": __version__,
            "description": "Flink's REST API, every path also below `/v1`; Penstock's own below `/penstock`.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": {**components, "Errors": _ERRORS}},
    }


def _operation(name: str, operation: Operation, body_schemas: Mapping[str, Any]) -> dict[str, Any]:
    method, _, path = name.partition(" ")
    parameters = re.findall(r"\{(\w+)\}", path)
    shape = SHAPES.get(name.replace("{", ":").replace("}", ""), operation.answer)
    answer = {"description": operation.summary, "content": {operation.media: {"schema": schema_of(shape)}}}
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *(_parameter(parameter, "path", *PATH_PARAMETERS[parameter]) for parameter in parameters),
            *(_parameter(parameter, "query", *QUERY_PARAMETERS[parameter]) for parameter in operation.query),
        ],
        "responses": {
            str(operation.status): answer,
            "default": {
                "description": "What was wrong: the first text is for humans.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}},
            },
        },
    }
    if operation.body is not None:
        schema = operation.body if _is_schema(operation.body) else body_schemas[str(operation.body)]
        found["requestBody"] = {
            "required": operation.body_required,
            "content": {operation.body_media: {"schema": schema}},
        }
    return found


def _parameter(name: str, place: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": description}


def _is_schema(body: object) -> bool:
    return isinstance(body, dict)
