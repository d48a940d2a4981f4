"""A JSON schema as the type of rows, as far as Flink takes them."""

import json
from typing import Any

from penstock.common.typeinfo import RowTypeInfo, TypeInformation, Types

_FORMATS = {"date": Types.SQL_DATE, "time": Types.SQL_TIME, "date-time": Types.SQL_TIMESTAMP}


def type_info_of_schema(text: str) -> RowTypeInfo:
    """ValueError for what is no schema of an object."""
    try:
        root = json.loads(text)
    except ValueError as e:
        raise ValueError(f"Invalid JSON schema: {e}") from None
    found = _Schema(root).type_of("<root>", root)
    if not isinstance(found, RowTypeInfo):
        raise ValueError(f"Invalid JSON schema: the schema of an object is needed, not of {found!r}")
    return found


class _Schema:
    def __init__(self, root: Any) -> None:
        self._root = root

    def type_of(self, place: str, node: Any) -> TypeInformation:
        if not isinstance(node, dict):
            raise ValueError(f"Invalid JSON schema: {place} is no object")
        for unsupported in ("allOf", "anyOf", "not"):
            if unsupported in node:
                raise ValueError(f"Unsupported JSON schema '{unsupported}' in {place}: use a simple type")
        if "$ref" in node:
            return self.type_of(place, self._resolved(place, node["$ref"]))
        if "oneOf" in node:
            return self._one_of(place, [self.type_of(f"{place}/oneOf[{n}]", t) for n, t in enumerate(node["oneOf"])])
        kind = node.get("type")
        if kind is None:
            raise ValueError(f"Invalid JSON schema: {place} has no 'type'")
        kinds = kind if isinstance(kind, list) else [kind]
        named = [k for k in kinds if k != "null"]
        if len(named) != 1:
            raise ValueError(f"Unsupported JSON schema: the type of {place} must be one, besides null, not {kind!r}")
        return self._type_named(place, named[0], node)

    def _type_named(self, place: str, kind: str, node: dict[str, Any]) -> TypeInformation:
        match kind:
            case "object":
                properties = node.get("properties")
                if not isinstance(properties, dict):
                    return Types.ROW([])
                types = [self.type_of(f"{place}/{name}", p) for name, p in properties.items()]
                return Types.ROW_NAMED(list(properties), types)
            case "array":
                return self._array(place, node)
            case "string":
                if "format" in node and node["format"] in _FORMATS:
                    return _FORMATS[node["format"]]()
                if node.get("contentEncoding") == "base64":
                    return Types.PRIMITIVE_ARRAY(Types.BYTE())
                return Types.STRING()
            case "number" | "integer":
                return Types.BIG_DEC()
            case "boolean":
                return Types.BOOLEAN()
        raise ValueError(f"Unsupported JSON schema: type {kind!r} of {place}")

    def _array(self, place: str, node: dict[str, Any]) -> TypeInformation:
        items = node.get("items")
        if isinstance(items, list):
            if node.get("additionalItems") not in (None, False):
                raise ValueError(f"Unsupported JSON schema: 'additionalItems' of {place}")
            return Types.ROW([self.type_of(f"{place}/items[{n}]", t) for n, t in enumerate(items)])
        if items is None:
            raise ValueError(f"Invalid JSON schema: the array {place} has no 'items'")
        element = self.type_of(f"{place}/items", items)
        return Types.BASIC_ARRAY(element) if element == Types.STRING() else Types.OBJECT_ARRAY(element)

    def _one_of(self, place: str, types: list[TypeInformation]) -> TypeInformation:
        if len(set(types)) != 1:
            raise ValueError(f"Unsupported JSON schema: the types of 'oneOf' in {place} differ")
        return types[0]

    def _resolved(self, place: str, reference: str) -> Any:
        if not reference.startswith("#"):
            raise ValueError(f"Unsupported JSON schema: {place} refers to {reference!r}; only '#/…' is followed")
        node = self._root
        for part in filter(None, reference[1:].split("/")):
            if not isinstance(node, dict) or part not in node:
                raise ValueError(f"Invalid JSON schema: {place} refers to {reference!r}, which is not there")
            node = node[part]
        return node
