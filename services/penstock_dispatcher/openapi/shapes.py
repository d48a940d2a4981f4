"""SHAPES: what Flink's calls answer, by "METHOD /path/:parameter", and its JSON schema.

A shape is a JSON type's name, `any`, an array of one shape, an object of shapes, or `{"*": shape}` for any keys. Taken
from Flink's own REST snapshot; where that describes Java classes and not bytes, it is what is on the wire.
"""

import json
from importlib.resources import files
from typing import Any

SHAPES: dict[str, Any] = json.loads(files(__package__).joinpath("flink_shapes.json").read_text())


def schema_of(shape: Any) -> dict[str, Any]:
    """The JSON schema. Fields may be absent or null, as Flink's are, and others may be there."""
    if isinstance(shape, list):
        return {"type": "array", "items": schema_of(shape[0])}
    if isinstance(shape, dict):
        if set(shape) == {"*"}:
            return {"type": "object", "additionalProperties": schema_of(shape["*"])}
        return {"type": "object", "properties": {name: _field(field) for name, field in shape.items()}}
    if shape == "any":
        return {}
    # Jackson writes a double that is none as text
    return {"anyOf": [{"type": "number"}, {"const": "NaN"}]} if shape == "number" else {"type": shape}


def _field(shape: Any) -> dict[str, Any]:
    schema = schema_of(shape)
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema
