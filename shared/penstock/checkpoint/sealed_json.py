"""Small JSON files with a seal among their fields: people can read them, and nobody else can write them."""

from typing import Any, TypeVar

import msgspec
import orjson

from penstock.security.keyring import BadSeal, Keyring

T = TypeVar("T")
_SEAL = "seal"


def dump(keyring: Keyring, context: str, content: msgspec.Struct) -> bytes:
    """`context`: what the file is, and whose."""
    fields: dict[str, Any] = msgspec.to_builtins(content)
    if keyring.is_signing:
        fields[_SEAL] = keyring.tag("checkpoint", context, _canonical(fields))
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def load(keyring: Keyring, context: str, data: bytes, kind: type[T]) -> T:
    """BadSeal, or msgspec's errors for what is no such file."""
    fields = msgspec.json.decode(data)
    if not isinstance(fields, dict):
        raise msgspec.ValidationError(f"Expected `object`, got `{type(fields).__name__}`")
    seal = fields.pop(_SEAL, None)
    if seal is not None and not keyring.is_signing:
        raise BadSeal("sealed with a cluster secret, and this process has none: set penstock.secret")
    keyring.check_tag("checkpoint", context, _canonical(fields), seal)
    return msgspec.convert(fields, kind)


def _canonical(fields: dict[str, Any]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
