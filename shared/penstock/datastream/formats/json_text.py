"""JSON as Jackson writes it."""

from typing import Any

from penstock.common.java_format import double_text

_ESCAPES = {n: f"\\u{n:04X}" for n in range(32)} | {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    12: "\\f",
    13: "\\r",
}


def quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def number(value: float) -> str:
    """Of a double; what JSON has no number for is text."""
    text = double_text(value)
    return f'"{text}"' if text in ("NaN", "Infinity", "-Infinity") else text


def json_text(node: Any) -> str:
    """Of plain JSON values."""
    match node:
        case None:
            return "null"
        case bool():
            return "true" if node else "false"
        case str():
            return quoted(node)
        case float():
            return number(node)
        case list():
            return f"[{','.join([json_text(v) for v in node])}]"
        case dict():
            return f"{{{','.join([f'{quoted(k)}:{json_text(v)}' for k, v in node.items()])}}}"
    return str(node)
